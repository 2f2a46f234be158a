package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// ErrInvalid reports an append that breaks the port's rules or is larger than what goes to the store at once; nothing
// was written.
var ErrInvalid = errors.New("invalid append")

// seedings is how often an append reads the store again because other games of its bucket were forgotten meanwhile.
const seedings = 20

// Append implements commands.EventStore. Of a game it is durable when it returns nil: Redis has it on disk. The bytes of
// the events must not be changed afterwards.
func (j *Journal) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	if !journalled(stream) {
		return j.Store.Append(ctx, stream, expected, events)
	}
	began := time.Now()
	repeated, err := j.append(ctx, stream, expected, events)
	outcome := "ok"
	switch {
	case err == nil && repeated:
		outcome = "repeated"
	case errors.Is(err, commands.ErrConflict):
		outcome = "conflict"
	case errors.Is(err, commands.ErrUnknown):
		outcome = "unknown"
	case err != nil:
		outcome = "unavailable"
	}
	j.Observer.Appended(time.Since(began).Seconds(), len(events), outcome)
	if err != nil {
		return fmt.Errorf("append to %s at %d: %w", stream, expected, err)
	}
	return nil
}

func (j *Journal) append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) (repeated bool, err error) {
	if err := validate(stream, expected, events); err != nil {
		return false, err
	}
	if why := j.distrust.Load(); why != nil {
		return false, fmt.Errorf("%w: %w", commands.ErrUnavailable, *why)
	}
	if j.closed.Load() {
		return false, fmt.Errorf("%w: the journal is closed", commands.ErrUnavailable)
	}
	var seed *Seed
	for range seedings {
		// A server that can't reach Redis must not write to the store instead: that would fork every game with a tail.
		answer, err := j.Keys.Append(ctx, stream, expected, events, seed)
		if err != nil {
			return false, err
		}
		switch answer.Verdict {
		case Appended:
			j.queue.add(stream)
			return false, nil
		case Repeated:
			return true, nil
		case Conflict:
			return false, fmt.Errorf("%w: it is at %d", commands.ErrConflict, answer.Head)
		case Older:
			return true, j.repeats(ctx, stream, expected, events[:min(uint64(len(events)), answer.Floor-1-expected)])
		case Absent:
			// The head is what the store says now, if the bucket's generation stays: it was taken before this read.
			there, err := j.behind(ctx, stream, expected, len(events))
			if err != nil {
				return false, err
			}
			if !there.reached {
				return false, fmt.Errorf("%w: it is before %d", commands.ErrConflict, expected)
			}
			if len(there.events) > 0 {
				return true, same(there.events, events)
			}
			if seed != nil {
				j.Observer.Reseeded()
			}
			seed = &Seed{Gen: answer.Gen}
		case Stopped:
			return false, fmt.Errorf("%w: the game is halted, its journal and its store disagree", commands.ErrUnavailable)
		case Closed:
			return false, fmt.Errorf("%w: the journal is being turned off", commands.ErrUnavailable)
		case Estranged:
			j.Observer.Alarm("journal: Redis was wiped")
			return false, fmt.Errorf("%w: %w", commands.ErrUnavailable, ErrEstranged)
		default:
			return false, fmt.Errorf("%w: verdict %d", commands.ErrUnknown, answer.Verdict)
		}
	}
	return false, fmt.Errorf("%w: heads were forgotten %d times while the store was read", commands.ErrUnavailable, seedings)
}

// repeats compares events with those that have left the tail. The store must have them: it confirmed them.
func (j *Journal) repeats(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	there, err := j.behind(ctx, stream, expected, len(events))
	if err != nil {
		return err
	}
	if len(there.events) < len(events) {
		return fmt.Errorf("%w: the store shows %d of %d events that it has confirmed", commands.ErrUnavailable, len(there.events), len(events))
	}
	return same(there.events, events)
}

// same is the port's rule for an append behind the head, given the events that are there.
func same(there, events []event.Recorded) error {
	if len(there) < len(events) {
		return fmt.Errorf("%w: it is at %d, in the middle of them", commands.ErrConflict, there[len(there)-1].Version)
	}
	for i := range events {
		if there[i].ID != events[i].ID {
			return fmt.Errorf("%w: version %d is another event", commands.ErrConflict, events[i].Version)
		}
	}
	return nil
}

// place is what the store has around a version.
type place struct {
	reached bool             // the stream is at that version or further
	events  []event.Recorded // what follows that version
}

// behind reads the store from a version on: at most n events that follow it.
func (j *Journal) behind(ctx context.Context, stream event.Stream, version uint64, n int) (place, error) {
	p := place{reached: version == 0}
	for e, err := range j.Store.ReadStream(ctx, stream, max(version, 1)) {
		if err != nil {
			return place{}, fmt.Errorf("%w: read the store: %w", commands.ErrUnavailable, err)
		}
		if e.Version <= version {
			p.reached = true
			continue
		}
		if p.events = append(p.events, e); len(p.events) == n {
			break
		}
	}
	return p, nil
}

func validate(stream event.Stream, expected uint64, events []event.Recorded) error {
	if len(events) == 0 {
		return fmt.Errorf("%w: no events", ErrInvalid)
	}
	size := 0
	for i := range events {
		e := &events[i]
		if e.Stream != stream || e.Version != expected+1+uint64(i) || e.Type == "" {
			return fmt.Errorf("%w: event %d is %q version %d of %s", ErrInvalid, i, e.Type, e.Version, e.Stream)
		}
		size += weight(e)
	}
	if len(events) > chunkEvents || size > chunkBytes {
		return fmt.Errorf("%w: %d events of %d bytes are more than %d or %d at once", ErrInvalid, len(events), size, chunkEvents, chunkBytes)
	}
	return nil
}
