package journal_test

import (
	"context"
	"slices"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis/journal"
)

// model is what the scripts do in Redis, written in Go. TestModelIsRedis holds the two against each other. It is for one
// goroutine at a time.
type model struct {
	gens    map[int]uint64
	streams map[event.Stream]*modelStream

	anySeed bool // planted fault: a seed of any generation is believed
}

type modelStream struct {
	present bool
	head    uint64
	tail    []journal.Entry
	idle    bool
	halted  string
}

var _ journal.Keys = (*model)(nil)

func newModel() *model {
	return &model{gens: map[int]uint64{}, streams: map[event.Stream]*modelStream{}}
}

func (m *model) stream(name event.Stream) *modelStream {
	s := m.streams[name]
	if s == nil {
		s = &modelStream{}
		m.streams[name] = s
	}
	return s
}

func (m *model) Append(_ context.Context, name event.Stream, expected uint64, events []event.Recorded, seed *journal.Seed) (journal.Answer, error) {
	s, gen := m.stream(name), m.gens[journal.Bucket(name)]
	if s.halted != "" {
		return journal.Answer{Verdict: journal.Stopped}, nil
	}
	head := s.head
	if !s.present {
		if seed == nil || seed.Gen != gen && !m.anySeed {
			return journal.Answer{Verdict: journal.Absent, Gen: gen}, nil
		}
		head = expected
	}
	stop := expected + uint64(len(events))
	if head == expected {
		for _, e := range events {
			s.tail = append(s.tail, journal.Entry{Recorded: e, End: stop})
		}
		s.present, s.head = true, stop
		return journal.Answer{Verdict: journal.Appended, Head: stop}, nil
	}
	if head < stop {
		return journal.Answer{Verdict: journal.Conflict, Head: head}, nil
	}
	floor := head + 1
	if len(s.tail) > 0 {
		floor = s.tail[0].Version
	}
	for _, e := range events {
		if e.Version >= floor && s.tail[e.Version-floor].ID != e.ID {
			return journal.Answer{Verdict: journal.Conflict, Head: head}, nil
		}
	}
	if floor > expected+1 {
		return journal.Answer{Verdict: journal.Older, Floor: floor}, nil
	}
	return journal.Answer{Verdict: journal.Repeated, Head: head}, nil
}

func (m *model) Read(_ context.Context, name event.Stream, from uint64, limit int) (journal.Tail, error) {
	s := m.stream(name)
	t := journal.Tail{Gen: m.gens[journal.Bucket(name)], Present: s.present, Halted: s.halted}
	if s.present {
		t.Head = s.head
	}
	for _, e := range s.tail {
		if e.Version >= from && len(t.Entries) < limit {
			t.Entries = append(t.Entries, e)
		}
	}
	return t, nil
}

func (m *model) Trim(_ context.Context, name event.Stream, upTo uint64) (int, error) {
	s := m.stream(name)
	for len(s.tail) > 0 && s.tail[0].Version <= upTo {
		s.tail = s.tail[1:]
	}
	if len(s.tail) == 0 && s.present {
		s.idle = true
	}
	return len(s.tail), nil
}

func (m *model) Evict(_ context.Context, name event.Stream, _ time.Duration) (bool, error) {
	s := m.stream(name)
	if !s.idle || len(s.tail) > 0 {
		return false, nil
	}
	s.present, s.head, s.idle = false, 0, false
	m.gens[journal.Bucket(name)]++
	return true, nil
}

func (m *model) Halt(_ context.Context, name event.Stream, why string) error {
	if s := m.stream(name); s.halted == "" {
		s.halted = why
	}
	return nil
}

func (m *model) Dirty(context.Context) (names []event.Stream, err error) {
	for name, s := range m.streams {
		if len(s.tail) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (m *model) Idle(context.Context, time.Duration, int) (names []event.Stream, err error) {
	for name, s := range m.streams {
		if s.idle {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (m *model) Halted(context.Context) (map[event.Stream]string, error) {
	found := map[event.Stream]string{}
	for name, s := range m.streams {
		if s.halted != "" {
			found[name] = s.halted
		}
	}
	return found, nil
}
