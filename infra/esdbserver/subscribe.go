package esdbserver

import (
	"context"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"github.com/plygames/ply/domain/event"
)

// liveBuffer is how many events a subscription may be behind and still count as live. The real server keeps as many
// for it; one that is further behind reads them again and says anew that it caught up.
const liveBuffer = 32

// subscription is a reader's way through the global order. It runs in the call's own goroutine: a client that does not
// read holds up only itself, because the store's feed falls back on the disk for it.
type subscription struct {
	*reader
	deliver func(e *event.Recorded) error // sends an event, or not

	start   uint64 // the last ordinal that is not delivered
	live    bool
	target  uint64 // while not live: up to where it must come
	checked uint64 // ordinal of the newest checkpoint
	looked  uint64 // events looked at since
	last    uint64 // ordinal of the newest event looked at
}

// follow delivers everything after an ordinal until the call or the server ends.
func (s *subscription) follow(after uint64) error {
	return s.store.SubscribeAll(s.ctx, s.store.Nth(after), s.batch)
}

func (s *subscription) batch(events []event.Recorded) error {
	for i := range events {
		ordinal, err := s.ordinal(&events[i])
		if err != nil {
			return err
		}
		if ordinal <= s.start {
			continue
		}
		if err := s.deliver(&events[i]); err != nil {
			return err
		}
		s.last = ordinal
		if s.filter != nil {
			if s.looked++; s.looked >= s.filter.interval {
				if err := s.checkpoint(); err != nil {
					return err
				}
			}
		}
	}
	at, err := s.ordinal(&events[len(events)-1])
	if err != nil {
		return err
	}
	return s.progress(at)
}

// checkpoint tells how far everything was looked at, unless that was told already.
func (s *subscription) checkpoint() error {
	s.looked = 0
	if s.last == s.checked {
		return nil
	}
	s.checked = s.last
	return s.out.Send(checkpoint(s.last))
}

// progress tells the client when the subscription, having come to an ordinal, is live.
func (s *subscription) progress(at uint64) error {
	head, err := s.head(s.ctx)
	if err != nil {
		return err
	}
	behind := head - min(at, head)
	switch {
	case s.live && behind <= liveBuffer, !s.live && at < s.target:
		return nil
	case behind > liveBuffer:
		s.live, s.target = false, head
		return nil
	}
	s.live = true
	if s.filter != nil {
		if err := s.checkpoint(); err != nil {
			return err
		}
	}
	return s.out.Send(caughtUp())
}

// begin counts a subscription and ties it to the server's life; end undoes both.
func (r *reader) begin() (end func()) {
	ctx, cancel := context.WithCancel(r.ctx)
	r.ctx = ctx
	untie := context.AfterFunc(r.stopping, cancel)
	r.observer().Subscriptions(int(r.open.Add(1)))
	return func() {
		untie()
		cancel()
		r.observer().Subscriptions(int(r.open.Add(-1)))
	}
}

func (r *reader) observer() Observer { return r.service.seen }

// subscribeAll serves a subscription to the global order.
func (r *reader) subscribeAll(o *streams.ReadReq_Options_AllOptions) error {
	defer r.begin()()
	head, err := r.head(r.ctx)
	if err != nil {
		return err
	}
	start, exact := uint64(0), true
	switch at := o.GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Position:
		start, exact = ordinalOf(at.Position.GetCommitPosition())
		exact = exact && at.Position.GetPreparePosition() == at.Position.GetCommitPosition()
	case *streams.ReadReq_Options_AllOptions_Start:
	case *streams.ReadReq_Options_AllOptions_End:
		start = head
	default:
		return invalidArgument("Where to begin is not said.")
	}
	if err := r.out.Send(confirmation()); err != nil {
		return err
	}
	if !exact && start < head {
		return invalidArgument("Trying to read from an invalid position.")
	}
	s := &subscription{reader: r, start: start, last: start, checked: start, target: head}
	s.deliver = func(e *event.Recorded) error {
		if !r.filter.matches(e) {
			return nil
		}
		return r.deliver(e)
	}
	if start >= head {
		s.live = true
		if err := r.out.Send(caughtUp()); err != nil {
			return err
		}
	}
	return s.follow(min(start, head))
}

// subscribeStream serves a subscription to one stream: its history, then what the feed has of it.
func (r *reader) subscribeStream(stream event.Stream, o *streams.ReadReq_Options_StreamOptions) error {
	defer r.begin()()
	head, err := r.head(r.ctx) // the feed goes on from here, so that nothing is lost between it and the history
	if err != nil {
		return err
	}
	st, err := r.load(r.ctx, stream)
	switch {
	case err != nil:
		return err
	case st.gone:
		return streamDeleted(stream)
	}
	seen := uint64(0) // version
	switch at := o.GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Revision:
		if at.Revision >= math.MaxInt64 {
			return handlerException("no such revision")
		}
		seen = version(at.Revision)
	case *streams.ReadReq_Options_StreamOptions_Start:
	case *streams.ReadReq_Options_StreamOptions_End:
		seen = st.version
	default:
		return invalidArgument("Where to begin is not said.")
	}
	if err := r.out.Send(confirmation()); err != nil {
		return err
	}
	s := &subscription{reader: r, live: true, start: head}
	s.deliver = func(e *event.Recorded) error {
		if e.Stream != stream || e.Version <= seen {
			return nil
		}
		seen = e.Version
		err := r.deliver(e)
		if err == nil && tombstone(e) {
			err = streamDeleted(stream)
		}
		return err
	}
	if !st.softDeleted() {
		for e, err := range r.store.ReadStream(r.ctx, stream, max(seen+1, st.firstVisible())) {
			if err != nil {
				return err
			}
			if !st.youngEnough(&e) {
				continue
			}
			if err := s.deliver(&e); err != nil {
				return err
			}
		}
	}
	if err := r.out.Send(caughtUp()); err != nil {
		return err
	}
	return s.follow(head)
}
