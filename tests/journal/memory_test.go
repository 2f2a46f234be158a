package journal_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// memory is a correct event store in memory, as far as the journal uses one. Safe for concurrent use.
type memory struct {
	mu      sync.Mutex
	streams map[event.Stream][]event.Recorded
	order   []event.Recorded
	grown   chan struct{}
}

var _ commands.EventStore = (*memory)(nil)

func newMemory() *memory {
	return &memory{streams: map[event.Stream][]event.Recorded{}, grown: make(chan struct{})}
}

func (m *memory) Append(_ context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	have := m.streams[stream]
	if uint64(len(have)) == expected {
		for _, e := range events {
			e.Position = event.Position(fmt.Sprintf("%08d", len(m.order)+1))
			m.order = append(m.order, e)
			m.streams[stream] = append(m.streams[stream], e)
		}
		close(m.grown)
		m.grown = make(chan struct{})
		return nil
	}
	if uint64(len(have)) < expected+uint64(len(events)) {
		return fmt.Errorf("%w: at %d", commands.ErrConflict, len(have))
	}
	for i, e := range events {
		if have[expected+uint64(i)].ID != e.ID {
			return fmt.Errorf("%w: another event", commands.ErrConflict)
		}
	}
	return nil
}

func (m *memory) read(stream event.Stream, from uint64) []event.Recorded {
	m.mu.Lock()
	defer m.mu.Unlock()
	have := m.streams[stream]
	return have[min(max(from, 1)-1, uint64(len(have))):]
}

func (m *memory) ReadStream(_ context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		for _, e := range m.read(stream, from) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (m *memory) all(after event.Position) ([]event.Recorded, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, _ := slices.BinarySearchFunc(m.order, after, func(e event.Recorded, at event.Position) int {
		if e.Position <= at {
			return -1
		}
		return 1
	})
	return slices.Clone(m.order[i:]), m.grown
}

func (m *memory) ReadAll(_ context.Context, after event.Position) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		events, _ := m.all(after)
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (m *memory) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	for {
		events, grown := m.all(after)
		if len(events) == 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-grown:
				continue
			}
		}
		if err := handle(events); err != nil {
			return err
		}
		after = events[len(events)-1].Position
	}
}

func (m *memory) Head(context.Context) (event.Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.order) == 0 {
		return "", nil
	}
	return m.order[len(m.order)-1].Position, nil
}
