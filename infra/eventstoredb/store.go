package eventstoredb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/projections"
)

var (
	_ commands.EventStore = (*Store)(nil)
	_ projections.Log     = (*Store)(nil)
)

// openMost is how long Open tries if its context has no end.
const openMost = 10 * time.Second

// Store is EventStoreDB as an event store. All methods are safe for concurrent use.
type Store struct {
	config Config
	seen   Observer
	gate   *gate
	once   sync.Once
}

// Open connects, and reads the end of the store once: so a server that can't be reached, whose version the client can't
// read, or that does not let us read, is an error now and not in the first game. It tries until ctx ends, at most 10 s
// if ctx has no end. Close the store when nobody uses it any more.
func Open(ctx context.Context, config Config) (*Store, error) {
	conf, err := config.client()
	if err != nil {
		return nil, err
	}
	if _, ends := ctx.Deadline(); !ends {
		limited, cancel := context.WithTimeout(ctx, openMost)
		defer cancel()
		ctx = limited
	}
	s := &Store{config: config, seen: config.Observer, gate: newGate(config, conf)}
	if err := s.check(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("event store: %w", err), s.Close())
	}
	return s, nil
}

// check waits until the store answers.
func (s *Store) check(ctx context.Context) error {
	for {
		l, changed, reason := s.gate.see()
		if errors.Is(reason, errVersion) {
			return reason
		}
		if l != nil {
			_, err := s.Head(ctx)
			if err == nil || errors.Is(err, errRefused) {
				return err
			}
			reason = err
		}
		select {
		case <-changed:
		case <-time.After(mostWait):
		case <-ctx.Done():
			return fmt.Errorf("%w: no answer in time; the last error was: %w", commands.ErrUnavailable, cmp.Or(reason, ctx.Err()))
		}
	}
}

// Close ends subscriptions, gives calls in flight a moment and closes the connection. Calls after that are
// commands.ErrUnavailable. It never fails.
func (s *Store) Close() error {
	s.once.Do(s.gate.close)
	return nil
}

// errRefused is wrapped by errors of calls that the server will always refuse: access denied, say.
var errRefused = errors.New("the server refuses it")

// unavailable is the error of a call that had no effect.
func unavailable(err error) error {
	if judge(err).kind == refused {
		return fmt.Errorf("%w: %w: %w", commands.ErrUnavailable, errRefused, err)
	}
	return fmt.Errorf("%w: %w", commands.ErrUnavailable, err)
}

// result names an outcome for the observer.
func result(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, commands.ErrConflict):
		return "conflict"
	case errors.Is(err, commands.ErrUnknown):
		return "unknown"
	case errors.Is(err, ErrInvalid):
		return "invalid"
	case errors.Is(err, ErrBehind):
		return "behind"
	default:
		return "unavailable"
	}
}

// pause waits between two looks at the store. It reports false when ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
