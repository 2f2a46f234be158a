package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// appended is an append that was decided.
type appended struct {
	answer   *streams.AppendResp
	repeated bool
}

// append decides an append and writes it if it is to be written.
func (s *service) append(ctx context.Context, p *proposal) (done appended, err error) {
	err = s.change(ctx, p.stream, func(st *state) ([]event.Recorded, error) {
		d, err := s.decide(ctx, st, p)
		if err != nil {
			return nil, err
		}
		switch d.verdict {
		case dead:
			return nil, streamDeleted(p.stream)
		case differ:
			done.answer = wrongExpectedVersion(st, p.want)
		case repeat:
			done = appended{success(d.at.version, d.at.ordinal, d.hidden), true}
		case write:
			if len(p.events) > 0 {
				return s.place(st, p), nil
			}
			head, err := s.head(ctx)
			done.answer = success(st.version, head, false)
			return nil, err
		}
		return nil, nil
	}, func(written []event.Recorded, first uint64) {
		n := uint64(len(p.events))
		done = appended{answer: success(written[n-1].Version, first+n-1, false)}
	})
	return done, err
}

// place gives an append's events their versions and time. A stream that was deleted comes back: its metadata then
// hides only what was deleted. (The real server writes that in a second step; a crash between the two would leave
// acknowledged events that nobody can read.)
func (s *service) place(st *state, p *proposal) []event.Recorded {
	now := time.Now()
	events := make([]event.Recorded, 0, len(p.events)+1)
	for i, e := range p.events {
		e.Stream = p.stream
		e.Version = st.version + 1 + uint64(i)
		e.Stamp = newStamp(now, e.Stamp)
		events = append(events, e)
	}
	if st.softDeleted() {
		events = append(events, metadataEvent(st, undeleted(st.meta, revision(events[0].Version)), now))
	}
	return events
}

// metadataEvent replaces a stream's metadata.
func metadataEvent(st *state, data []byte, now time.Time) event.Recorded {
	return event.Recorded{
		Stream: metaStream(st.stream), Version: st.metaVersion + 1, ID: newID(), Type: typeMetadata, Data: data,
		Stamp: newStamp(now, 0),
	}
}

// conflictsMost is how often a write is decided anew because somebody wrote to the store by another way.
const conflictsMost = 8

// change is one write: in the stream's turn, decide gives the events to write, if any, and wrote is told where the
// first of them stands. The turn is kept until the outcome is known, if need be beyond the answer: what is decided
// next must see it.
func (s *service) change(
	ctx context.Context, stream event.Stream,
	decide func(*state) ([]event.Recorded, error), wrote func(events []event.Recorded, first uint64),
) error {
	timed, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	free, err := s.locks.take(timed, stream)
	if err != nil {
		return s.late(ctx, err)
	}
	for range conflictsMost {
		st, err := s.load(ctx, stream)
		if err != nil {
			free()
			return err
		}
		events, err := decide(st)
		if err != nil || len(events) == 0 {
			free()
			return err
		}
		position, err := s.store.Write(timed, events)
		switch {
		case err == nil:
			first, err := s.store.Ordinal(position)
			s.recent.add(events, first)
			free()
			wrote(events, first)
			return err
		case errors.Is(err, commands.ErrConflict):
			continue
		case errors.Is(err, commands.ErrUnknown):
			s.settleLater(events, free)
			return s.late(ctx, err)
		}
		free()
		return s.late(ctx, err)
	}
	free()
	return fmt.Errorf("%w: %s changes all the time by another way", commands.ErrUnavailable, stream)
}

// late tells a write that ran out of time from one that failed. Running out of time is always answered as unknown:
// the write may be the repetition of one that is not decided.
func (s *service) late(ctx context.Context, err error) error {
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return timedOut()
	}
	return err
}

// settleLater waits for the outcome of a write whose caller has been told that it is unknown, and then frees the
// stream. Writing the same events again waits for the first write, and is refused if that one was done.
func (s *service) settleLater(events []event.Recorded, free func()) {
	s.settling.Go(func() {
		defer free()
		position, err := s.store.Write(s.settle, events)
		if errors.Is(err, commands.ErrConflict) {
			position, err = s.find(s.settle, &events[0])
		}
		if err != nil {
			return
		}
		if first, err := s.store.Ordinal(position); err == nil && first > 0 {
			s.recent.add(events, first)
		}
	})
}

// find gives the position of an event, "" if another one stands in its place.
func (s *service) find(ctx context.Context, e *event.Recorded) (event.Position, error) {
	for stored, err := range s.store.ReadStream(ctx, e.Stream, e.Version) {
		if err != nil || stored.ID != e.ID {
			return "", err
		}
		return stored.Position, nil
	}
	return "", nil
}
