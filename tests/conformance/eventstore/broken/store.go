package broken

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// Store is a small event store in memory, with a disk that forgets what was not synced. With Fault None it is correct.
// Safe for concurrent use.
type Store struct {
	fault Fault

	mu      sync.Mutex
	change  chan struct{} // closed at every change
	log     []event.Recorded
	streams map[event.Stream][]int // places in log
	durable int                    // entries of log that are on the disk
	visible int                    // entries of log that readers may see
	appends int
	passed  chan struct{} // closed when a reader has gone past the held event
	held    int           // place of the event that Holes keeps back, -1 if none
	dead    bool
}

var _ commands.EventStore = (*Store)(nil)

var errDead = fmt.Errorf("%w: the power is off", commands.ErrUnavailable)

// New makes an empty store.
func New(fault Fault) *Store {
	return &Store{fault: fault, change: make(chan struct{}), streams: map[event.Stream][]int{}, held: -1}
}

// Crash cuts the power and gives the store that comes up on what is on the disk.
func (s *Store) Crash() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
	s.wake()
	return load(s.fault, s.log[:s.durable])
}

// Reopen closes the store and gives the one that is opened on the same disk.
func (s *Store) Reopen() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
	s.wake()
	kept := s.log
	if s.fault == LostTail && len(kept) > 0 {
		kept = kept[:len(kept)-1]
	}
	return load(s.fault, kept)
}

func load(fault Fault, log []event.Recorded) *Store {
	up := New(fault)
	for _, e := range log {
		up.put(e)
	}
	up.durable, up.visible = len(up.log), len(up.log)
	return up
}

func (s *Store) put(e event.Recorded) {
	e.Position = position(len(s.log))
	s.streams[e.Stream] = append(s.streams[e.Stream], len(s.log))
	s.log = append(s.log, e)
}

func (s *Store) wake() {
	close(s.change)
	s.change = make(chan struct{})
}

func position(place int) event.Position { return event.Position(fmt.Sprintf("%08x", place+1)) }

// place undoes position: how many events lie before or at it.
func place(p event.Position) (n int) {
	_, _ = fmt.Sscanf(string(p), "%08x", &n) // the empty position is 0
	return n
}

// Append implements commands.EventStore.
func (s *Store) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return errDead
	}
	if ctx.Err() != nil {
		if s.fault == RefusedButWritten && uint64(len(s.streams[stream])) == expected {
			s.write(events)
			s.sync()
		}
		return fmt.Errorf("%w: %w", commands.ErrUnavailable, ctx.Err())
	}
	switch s.decide(stream, expected, events) {
	case conflict:
		if s.fault == ConflictIsSuccess {
			return nil
		}
		return commands.ErrConflict
	case repeat:
		if s.fault != WrittenTwice {
			return nil
		}
		events = renumber(events, uint64(len(s.streams[stream])))
	case overlap:
		events = events[uint64(len(s.streams[stream]))-expected:]
	case fresh:
	}
	s.write(events)
	return s.settle()
}

type verdict int

const (
	conflict verdict = iota
	repeat
	overlap // write the rest: only a broken store
	fresh
)

func (s *Store) decide(stream event.Stream, expected uint64, events []event.Recorded) verdict {
	places := s.streams[stream]
	head, end := uint64(len(places)), expected+uint64(len(events))
	switch {
	case head == expected:
		return fresh
	case s.fault == NoExpectedVersion && head < expected:
		return fresh
	case s.fault == OverlapAccepted && head > expected && head < end:
		return overlap
	case head < end:
		return conflict
	}
	for i, p := range places[expected:end] {
		if s.log[p].ID != events[i].ID && s.fault != IDsNotCompared {
			return conflict
		}
	}
	return repeat
}

func renumber(events []event.Recorded, head uint64) []event.Recorded {
	renumbered := slices.Clone(events)
	for i := range renumbered {
		renumbered[i].Version = head + 1 + uint64(i)
	}
	return renumbered
}

// write puts events into the log, not yet on the disk.
func (s *Store) write(events []event.Recorded) {
	s.appends++
	for i, e := range events {
		s.put(e)
		if s.fault == TornAppend && i < len(events)-1 {
			s.sync()
			s.pause()
		}
	}
}

// sync makes everything durable and shows it.
func (s *Store) sync() {
	s.durable, s.visible = len(s.log), len(s.log)
	s.wake()
}

// ReadStream implements commands.EventStore.
func (s *Store) ReadStream(_ context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		from := max(from, 1)
		if s.fault == ReadsFromBehind && from > 1 {
			from++
		}
		for _, e := range s.streamFrom(stream, from) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *Store) streamFrom(stream event.Stream, from uint64) (events []event.Recorded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range s.streams[stream] {
		if uint64(i)+1 >= from && p < s.visible {
			events = append(events, s.copy(p))
		}
	}
	return events
}

// copy is what a reader gets: its own bytes.
func (s *Store) copy(p int) event.Recorded {
	e := s.log[p]
	if s.fault == SharedBytes {
		return e
	}
	e.Meta, e.Data = slices.Clone(e.Meta), slices.Clone(e.Data)
	return e
}

// ReadAll implements commands.EventStore.
func (s *Store) ReadAll(_ context.Context, after event.Position) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		events, _ := s.after(after, s.fault == PositionInclusive)
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *Store) after(after event.Position, inclusive bool) (events []event.Recorded, change <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := place(after)
	if inclusive && first > 0 {
		first--
	}
	for p := first; p < s.visible; p++ {
		if p != s.held {
			s.pass(p)
			events = append(events, s.copy(p))
		}
	}
	return events, s.change
}

// SubscribeAll implements commands.EventStore.
func (s *Store) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	for first := true; ; first = false {
		events, change := s.after(after, first && s.fault == PositionInclusive)
		if len(events) > 0 {
			if err := handle(events); err != nil && s.fault != HandlerErrorIgnored {
				return err
			}
			after = events[len(events)-1].Position
			if !first || s.fault != LostHandOver {
				continue
			}
		}
		select {
		case <-change:
		case <-ctx.Done():
			return ctx.Err()
		}
		if first && s.fault == LostHandOver {
			after, _ = s.Head(ctx) // what came between the stored and the live ones is skipped
		}
		s.mu.Lock()
		dead := s.dead
		s.mu.Unlock()
		if dead {
			return errDead
		}
	}
}

// Head implements commands.EventStore.
func (s *Store) Head(context.Context) (event.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return "", errors.New("the power is off")
	}
	if s.visible == 0 {
		return "", nil
	}
	return position(s.visible - 1), nil
}
