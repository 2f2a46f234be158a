package esdbserver

import (
	"context"
	"sync"

	"github.com/plygames/ply/domain/event"
)

// locks give each stream to one writer at a time, together with its metadata stream. A stream nobody writes to costs
// nothing. Safe for concurrent use.
type locks struct {
	mu   sync.Mutex
	held map[event.Stream]*turn
}

type turn struct {
	free  chan struct{} // holds one token while nobody has the stream
	users int           // who have it or wait for it
}

// take waits for a stream's turn until ctx ends. free gives it back; it may be called from any goroutine, once.
func (l *locks) take(ctx context.Context, stream event.Stream) (free func(), err error) {
	stream, _ = original(stream)
	l.mu.Lock()
	t := l.held[stream]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		l.held[stream] = t
	}
	t.users++
	l.mu.Unlock()
	select {
	case <-t.free:
		return func() { t.free <- struct{}{}; l.leave(stream, t) }, nil
	case <-ctx.Done():
		l.leave(stream, t)
		return nil, ctx.Err()
	}
}

func (l *locks) leave(stream event.Stream, t *turn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(l.held, stream)
	}
}
