package eventstoredb

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// link is one client with its one connection, from the first answer of the server until it is given up.
type link struct {
	client *esdb.Client
	gate   *gate
	slots  chan struct{} // one for each call in flight

	retired chan struct{} // closed when the link is given up: subscriptions leave it
	drained chan struct{} // closed when it is given up and its last call has ended
	heard   atomic.Int64  // when the server last answered anything, ns of the process
	proved  atomic.Bool   // a call has succeeded

	mu    sync.Mutex
	calls int
	gone  bool
}

func newLink(client *esdb.Client, g *gate) *link {
	l := &link{
		client: client, gate: g, slots: make(chan struct{}, g.config.MaxInFlight),
		retired: make(chan struct{}), drained: make(chan struct{}),
	}
	l.heard.Store(now())
	return l
}

// begin counts a call that has a slot. False: the link was given up meanwhile, and the slot is free again.
func (l *link) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		<-l.slots
		return false
	}
	l.calls++
	l.gate.inFlight(1)
	return true
}

// end is called once for every begin, when the client has really let go of the call.
func (l *link) end() {
	<-l.slots
	l.gate.inFlight(-1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls--
	if l.gone && l.calls == 0 {
		close(l.drained)
	}
}

// giveUp marks the link. False: it was before.
func (l *link) giveUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return false
	}
	l.gone = true
	close(l.retired)
	if l.calls == 0 {
		close(l.drained)
	}
	return true
}

// silence is how long the server has to be silent, and a call to have waited, before the connection is given up: the
// client may sit on a node that will never answer while others do.
const (
	silence  = 5 * time.Second
	waitedIn = time.Second
)

// learn takes note of how a call ended.
func (l *link) learn(err error) {
	if err == nil {
		l.proved.Store(true)
		l.heard.Store(now())
		return
	}
	switch v := judge(err); {
	case v.lost:
		l.gate.retire(l, err)
	case v.kind != doubtful:
		l.heard.Store(now())
	}
}

// unanswered takes note of a call that waited in vain.
func (l *link) unanswered(waited time.Duration, err error) {
	if waited > waitedIn && now()-l.heard.Load() > int64(silence) {
		l.gate.retire(l, fmt.Errorf("the server is silent: %w", err))
	}
}

// moment is how long a caller whose context has ended still waits for the client: gRPC ends a call at once, and its
// error says more than that the context ended.
const moment = 50 * time.Millisecond

// race makes a call on a goroutine of its own and waits for it no longer than ctx lasts, for the client may wait longer.
// The caller has entered the link; the call leaves it when it really ends. f gets a context that ends with race.
func race[T any](ctx context.Context, l *link, f func(context.Context, *esdb.Client) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	began := time.Now()
	done := make(chan answer, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.gate.running.Go(func() {
		var a answer
		defer l.end()
		defer func() { done <- a }()
		defer func() {
			if p := recover(); p != nil {
				a.err = &panicked{p}
			}
			l.learn(a.err)
		}()
		a.value, a.err = f(ctx, l.client)
	})
	var a answer
	select {
	case a = <-done:
	case <-ctx.Done():
		select {
		case a = <-done:
		case <-time.After(moment):
			a.err = fmt.Errorf("%w: %w", errAbandoned, ctx.Err())
		}
	}
	if a.err != nil && ctx.Err() != nil {
		l.unanswered(time.Since(began), a.err)
	}
	return a.value, a.err
}

var started = time.Now()

// now is monotonic time in ns.
func now() int64 { return int64(time.Since(started)) }
