package eventstoredb

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

var (
	// errAbandoned is how a call ends whose caller did not wait for it.
	errAbandoned = errors.New("the client has not answered in time")
	// errNotBegun is how a call ends that has not come through the client's door, and will not.
	errNotBegun = errors.New("the client has not begun with it")
)

// panicked is a panic of the client on one of our goroutines.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("the client panicked: %v", p.value) }

// passage is the context of one call. The client first asks its own goroutine for the connection (the door, where calls
// can wait for ever), then asks the context for its deadline, then calls the server. So that question tells that the
// call is through the door; a call whose caller has left by then goes no further.
type passage struct {
	context.Context
	link  *link
	state atomic.Int32
}

const (
	inTheDoor int32 = iota
	isThrough
	turnedBack
)

// Deadline is that of the context, and moves the call on.
func (p *passage) Deadline() (time.Time, bool) {
	if p.state.CompareAndSwap(inTheDoor, isThrough) {
		p.link.through()
	}
	if p.state.Load() == turnedBack {
		panic(errNotBegun) // on our goroutine, which expects it
	}
	return p.Context.Deadline()
}

// turnBack reports whether the call had not come through the door; then it never will.
func (p *passage) turnBack() bool {
	if !p.state.CompareAndSwap(inTheDoor, turnedBack) {
		return false
	}
	p.link.through()
	return true
}

// run makes a call on this goroutine, for somebody who has entered the link, and leaves the link at its end. A panic of
// the client is an error.
func run[T any](p *passage, f func(context.Context, *esdb.Client) (T, error)) (value T, err error) {
	defer p.link.end()
	defer func() {
		caught := recover()
		begun := !p.turnBack() && p.state.Load() == isThrough
		switch {
		case caught != nil && begun:
			err = &panicked{caught}
		case caught != nil:
			err = fmt.Errorf("%w: %v", errNotBegun, caught)
		}
		p.link.learn(err)
	}()
	return f(p, p.link.client)
}

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
	p := &passage{Context: ctx, link: l}
	l.gate.running.Go(func() {
		value, err := run(p, f)
		done <- answer{value, err}
	})
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
	}
	a := answer{err: fmt.Errorf("%w: %w", errNotBegun, ctx.Err())}
	if !p.turnBack() {
		select {
		case a = <-done:
		case <-time.After(moment):
			a.err = fmt.Errorf("%w: %w", errAbandoned, ctx.Err())
		}
	}
	if a.err != nil {
		l.unanswered(time.Since(began), a.err)
	}
	return a.value, a.err
}

// moment is how long a caller whose context has ended still waits for the client: gRPC ends a call at once, and its
// error says more than that the context ended.
const moment = 50 * time.Millisecond
