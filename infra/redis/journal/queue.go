package journal

import (
	"context"
	"sync"
	"time"

	"github.com/plygames/ply/domain/event"
)

// queue holds the streams that this server has to flush. A stream is in it at most once, and is given out to one
// flusher at a time.
type queue struct {
	*shared
}

type shared struct {
	mu     sync.Mutex
	ready  []event.Stream
	states map[event.Stream]*pending
	woken  chan struct{} // holds one token when ready has streams
	done   chan struct{} // closed and made anew whenever a stream was done with
}

// pending is a stream that is waiting or being flushed.
type pending struct {
	running, again bool
	failures       int
}

func newQueue() queue {
	return queue{&shared{states: map[event.Stream]*pending{}, woken: make(chan struct{}, 1), done: make(chan struct{})}}
}

// add puts a stream in, if it is not waiting already.
func (q queue) add(stream event.Stream) {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.states[stream]
	switch {
	case p == nil:
		q.states[stream] = &pending{}
		q.push(stream)
	case p.running:
		p.again = true
	}
}

func (q queue) push(stream event.Stream) {
	q.ready = append(q.ready, stream)
	select {
	case q.woken <- struct{}{}:
	default:
	}
}

// take gives all waiting streams to flushers.
func (q queue) take() []event.Stream {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.ready
	q.ready = nil
	for _, stream := range taken {
		q.states[stream].running = true
	}
	return taken
}

// finished takes a stream back. One that was appended to meanwhile waits again. One that failed is to be given to retry
// after a pause; failures is how often it has failed in a row.
func (q queue) finished(stream event.Stream, failed bool) (pause time.Duration, failures int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.states[stream]
	p.running = false
	defer func() {
		close(q.done)
		q.done = make(chan struct{})
	}()
	if failed {
		p.failures++
		return min(20*time.Millisecond<<min(p.failures, 8), 5*time.Second), p.failures
	}
	p.failures = 0
	if p.again {
		p.again = false
		q.push(stream)
		return 0, 0
	}
	delete(q.states, stream)
	return 0, 0
}

// drop takes a stream out for good: it is halted.
func (q queue) drop(stream event.Stream) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.states, stream)
	close(q.done)
	q.done = make(chan struct{})
}

// retry puts a stream back that had failed.
func (q queue) retry(stream event.Stream) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if p := q.states[stream]; p != nil && !p.running {
		p.again = false
		q.push(stream)
	}
}

// finish waits until no stream is left or ctx ends, and gives how many are left.
func (q queue) finish(ctx context.Context) int {
	for {
		q.mu.Lock()
		left, done := len(q.states), q.done
		q.mu.Unlock()
		if left == 0 {
			return 0
		}
		select {
		case <-done:
		case <-ctx.Done():
			return left
		}
	}
}
