package eventstoredb

import (
	"context"
	"errors"
	"fmt"
	"time"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/plygames/ply/domain/event"
)

// How the server searches for events that are not its own: that many at once, and after that many such searches it
// would tell how far it is. We resume behind events only, so that is rarely.
const (
	searchWindow = 1024
	checkpoints  = 64
)

// openWithin is how long a server may take to confirm a subscription.
const openWithin = 10 * time.Second

var (
	errDropped = errors.New("the subscription has ended")
	errMoved   = errors.New("the connection was given up")
	errSilent  = errors.New("the server does not confirm the subscription")
)

// mark is the last event that was handled; id is zero if it was handled before this subscription.
type mark struct {
	at event.Position
	id event.ID
}

// handled is the handler's own error, which ends the subscription.
type handled struct{ error }

// SubscribeAll implements commands.EventStore. It goes on through restarts of the server, behind the last event that was
// handled, and returns with an error that wraps ErrBehind if the store does not hold that event any more. Each life of
// the subscription takes one of the connection's slots.
func (s *Store) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	last := mark{at: after}
	for wait := firstWait; ; wait = min(2*wait, mostWait) {
		before := last
		began := time.Now()
		err := s.follow(ctx, &last, handle)
		var own handled
		ours := ctx.Err() != nil || errors.As(err, &own)
		s.seen.Called("subscribe", lifeResult(ours, err), time.Since(began).Seconds())
		switch {
		case own.error != nil:
			return own.error
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrBehind):
			return fmt.Errorf("subscribe after %q: %w", string(last.at), err)
		case s.gate.ctx.Err() != nil:
			return fmt.Errorf("subscribe: %w", errClosed)
		}
		if last != before {
			wait = firstWait
		}
		s.config.Logger.Warn("event store: a subscription begins again", "after", last.at, "error", err)
		if !pause(ctx, wait) {
			return ctx.Err()
		}
		s.seen.Resubscribed()
	}
}

// lifeResult names what ended a life of a subscription, for the observer.
func lifeResult(ours bool, err error) string {
	if ours {
		return "ok"
	}
	return result(err)
}

// follow is one life of a subscription. It moves last.
func (s *Store) follow(ctx context.Context, last *mark, handle func([]event.Recorded) error) error {
	start, err := s.prove(ctx, *last)
	if err != nil {
		return err
	}
	l, err := s.gate.enter(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := newInbox()
	s.gate.running.Go(func() {
		_, err := run(&passage{Context: ctx, link: l}, func(ctx context.Context, c *esdb.Client) (struct{}, error) {
			return struct{}{}, receive(ctx, c, start, in)
		})
		in.fail(unavailable(err))
	})
	late := time.NewTimer(openWithin)
	defer late.Stop()
	var batch []event.Recorded
	for {
		var open bool
		batch, open, err = in.take(batch)
		if err != nil {
			return err
		}
		if len(batch) > 0 {
			if err := deliver(batch, last, handle); err != nil {
				return err
			}
			continue
		}
		select {
		case <-in.news:
		case <-ctx.Done():
			return ctx.Err()
		case <-l.retired:
			return errMoved
		case <-s.gate.ctx.Done():
			return errClosed
		case <-late.C:
			if !open {
				l.unanswered(openWithin, errSilent)
				return errSilent
			}
		}
	}
}

// prove makes sure that the store holds the event after which it is to be read.
func (s *Store) prove(ctx context.Context, last mark) (esdb.AllPosition, error) {
	start, err := from(last.at)
	if err != nil || last.at == "" {
		return start, err
	}
	id, found, err := s.EventAt(ctx, last.at)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, ErrBehind
	case last.id != (event.ID{}) && id != last.id:
		return nil, fmt.Errorf("%w: another event stands there", ErrBehind)
	}
	return start, nil
}

// receive subscribes and fills the inbox until ctx ends or the subscription does; it never returns nil.
func receive(ctx context.Context, c *esdb.Client, start esdb.AllPosition, in *inbox) error {
	sub, err := c.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{
		From: start, Filter: esdb.ExcludeSystemEventsFilter(), MaxSearchWindow: searchWindow, CheckpointInterval: checkpoints,
	})
	if err != nil {
		return err
	}
	defer func() { _ = sub.Close() }() // never fails
	in.opened()
	for {
		switch news := sub.Recv(); {
		case news.EventAppeared != nil:
			if err := in.put(ctx, recorded(news.EventAppeared.OriginalEvent())); err != nil {
				return err
			}
		case news.SubscriptionDropped != nil:
			return dropped(news.SubscriptionDropped.Error)
		}
	}
}

// dropped is why a subscription ended. The error is gRPC's own, and the client has taken no notice of it: gRPC connects
// again by itself, and if it can't the next call tells.
func dropped(err error) error {
	if status.Code(err) == codes.InvalidArgument {
		return fmt.Errorf("%w: %s", ErrBehind, err)
	}
	return fmt.Errorf("%w: %s", errDropped, err)
}

// deliver hands a batch over and moves the mark. Positions only ever grow: what does not is a repetition.
func deliver(batch []event.Recorded, last *mark, handle func([]event.Recorded) error) error {
	fresh, at := batch[:0], last.at
	for _, e := range batch {
		if e.Position > at && !system(&e) {
			fresh, at = append(fresh, e), e.Position
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	next := mark{at: at, id: fresh[len(fresh)-1].ID}
	if err := handle(fresh); err != nil {
		return handled{err}
	}
	*last = next
	return nil
}
