package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// A chunk is what goes to the store in one append.
const (
	chunkEvents = 500
	chunkBytes  = 1 << 20
	overhead    = 64 // what an event weighs besides its bytes
)

// deliverTime is how long an append to the store may take.
const deliverTime = 10 * time.Second

// flushRead is how many events of a tail a flush takes in hand at once.
const flushRead = 2000

// errHalted ends the flush of a game whose store and journal disagree.
var errHalted = errors.New("the store holds another event than the journal at one version")

// Flush moves the events of one stream from the journal to the store, and returns when its tail was empty or ctx ended.
// Any server may flush any stream at any time: two at once repeat each other's appends, which the store recognises, and
// one that was asleep for long finds that its events are there. An error leaves the events in the journal.
func (j *Journal) Flush(ctx context.Context, stream event.Stream) error {
	for {
		tail, err := j.Keys.Read(ctx, stream, 0, flushRead)
		if err != nil {
			return err
		}
		if tail.Halted != "" {
			return fmt.Errorf("%w: %s: %s", errHalted, stream, tail.Halted)
		}
		if len(tail.Entries) == 0 {
			return nil
		}
		j.Observer.Tail(len(tail.Entries))
		remain, err := j.move(ctx, stream, tail.Entries)
		if err != nil || remain == 0 {
			return err
		}
	}
}

// move brings entries to the store and trims them. It gives how many the tail had left then.
func (j *Journal) move(ctx context.Context, stream event.Stream, entries []Entry) (remain int, err error) {
	first := entries[0].Version
	at, known := j.confirmed.get(stream)
	if !known || at+1 < first {
		if at, err = j.compare(ctx, stream, entries); err != nil {
			return 0, err
		}
	}
	for {
		for len(entries) > 0 && entries[0].Version <= at {
			entries = entries[1:]
		}
		j.confirmed.set(stream, at)
		if at >= first {
			if remain, err = j.Keys.Trim(ctx, stream, at); err != nil {
				return 0, err
			}
		}
		if len(entries) == 0 {
			return remain, nil
		}
		part := chunk(entries)
		switch err := j.deliver(ctx, stream, part); {
		case err == nil:
			at = part[len(part)-1].Version
		case errors.Is(err, commands.ErrConflict):
			// Not the end of these events: another flusher may have brought some of them. Look at what is there.
			j.confirmed.forget(stream)
			found, err := j.compare(ctx, stream, entries)
			if err != nil {
				return 0, err
			}
			if found < part[0].Version {
				return 0, fmt.Errorf("%w: the store is at %d and refuses what follows it", commands.ErrUnavailable, found)
			}
			at = found
		default:
			j.confirmed.forget(stream)
			return 0, err
		}
	}
}

// compare reads how far the store is with these entries: the last version that it holds, which is at least the one
// before the first entry. Another event at a journalled version halts the game.
func (j *Journal) compare(ctx context.Context, stream event.Stream, entries []Entry) (at uint64, err error) {
	at = entries[0].Version - 1
	reached := at == 0
	for e, err := range j.Store.ReadStream(ctx, stream, max(at, 1)) {
		if err != nil {
			return 0, fmt.Errorf("%w: read the store: %w", commands.ErrUnavailable, err)
		}
		if e.Version == at && !reached {
			reached = true
			continue
		}
		i := e.Version - entries[0].Version
		if i >= uint64(len(entries)) {
			break // appended and moved by others since the tail was read
		}
		if e.ID != entries[i].ID {
			return 0, j.halt(ctx, stream, e, entries[i])
		}
		at = e.Version
	}
	if !reached {
		j.Observer.Alarm("journal: the store is behind")
		return 0, fmt.Errorf("%w: the store does not hold version %d of %s, which it has confirmed; was an old backup restored?",
			commands.ErrUnavailable, at, stream)
	}
	return at, nil
}

func (j *Journal) halt(ctx context.Context, stream event.Stream, there event.Recorded, ours Entry) error {
	why := fmt.Sprintf("version %d is %s (%s) in the store and %s (%s) in the journal", there.Version, there.ID, there.Type, ours.ID, ours.Type)
	j.alarmHalted(stream, why)
	if err := j.Keys.Halt(ctx, stream, why); err != nil {
		return fmt.Errorf("%s could not be halted: %s: %w", stream, why, err)
	}
	return fmt.Errorf("%w: %s: %s", errHalted, stream, why)
}

func (j *Journal) alarmHalted(stream event.Stream, why string) {
	if _, before := j.alarmed.LoadOrStore(stream, struct{}{}); !before {
		j.Observer.Alarm("journal: game halted")
		j.Logger.Error("journal: a game is halted, its store and its journal disagree", "stream", stream, "why", why)
	}
}

// deliver appends one chunk to the store: the very same events again until the outcome is known.
func (j *Journal) deliver(ctx context.Context, stream event.Stream, part []event.Recorded) error {
	pause := 20 * time.Millisecond
	for attempt := 1; ; attempt++ {
		began := time.Now()
		err := j.appendToStore(ctx, stream, part)
		j.Observer.Flushed(time.Since(began).Seconds(), len(part), err == nil)
		if !errors.Is(err, commands.ErrUnknown) {
			return err
		}
		if attempt == stuckAfter {
			j.Observer.Alarm(stuckAlarm)
		}
		if j.Wait(ctx, pause) != nil {
			return err
		}
		pause = min(2*pause, 2*time.Second)
	}
}

// appendToStore gives the store a limited time: one that hangs is asked again.
func (j *Journal) appendToStore(ctx context.Context, stream event.Stream, part []event.Recorded) error {
	ctx, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	return j.Store.Append(ctx, stream, part[0].Version-1, part)
}

// chunk is the first events that go to the store in one append: whole appends, at least one.
func chunk(entries []Entry) []event.Recorded {
	part := make([]event.Recorded, 0, min(len(entries), chunkEvents))
	fits, size := 0, 0 // fits: events up to the end of the last whole append
	for i := range entries {
		e := &entries[i]
		size += weight(&e.Recorded)
		if fits > 0 && (i >= chunkEvents || size > chunkBytes) {
			break
		}
		part = append(part, e.Recorded)
		if e.Version == e.End {
			fits = len(part)
		}
	}
	if fits == 0 {
		return part // the tail was read in the middle of an append; the rest of it follows at once
	}
	return part[:fits]
}

func weight(e *event.Recorded) int { return overhead + len(e.Type) + len(e.Meta) + len(e.Data) }
