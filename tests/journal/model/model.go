package model

import (
	"context"
	"slices"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis/journal"
)

// Redis is what the journal's scripts do in Redis, written in Go. It is for one goroutine at a time.
type Redis struct {
	gens    map[int]uint64
	streams map[event.Stream]*stream

	AnySeed bool // planted fault: a seed of any generation is believed
}

type stream struct {
	present bool
	head    uint64
	tail    []journal.Entry
	idle    bool
	halted  string
}

var _ journal.Keys = (*Redis)(nil)

// New makes an empty one.
func New() *Redis {
	return &Redis{gens: map[int]uint64{}, streams: map[event.Stream]*stream{}}
}

func (m *Redis) of(name event.Stream) *stream {
	s := m.streams[name]
	if s == nil {
		s = &stream{}
		m.streams[name] = s
	}
	return s
}

// Head is a stream's version as far as Redis knows it.
func (m *Redis) Head(name event.Stream) uint64 { return m.of(name).head }

// Append implements journal.Keys, as the other methods do.
func (m *Redis) Append(_ context.Context, name event.Stream, expected uint64, events []event.Recorded, seed *journal.Seed) (journal.Answer, error) {
	s, gen := m.of(name), m.gens[journal.Bucket(name)]
	if s.halted != "" {
		return journal.Answer{Verdict: journal.Stopped}, nil
	}
	head := s.head
	if !s.present {
		if seed == nil || seed.Gen != gen && !m.AnySeed {
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

// Read implements journal.Keys.
func (m *Redis) Read(_ context.Context, name event.Stream, from uint64, limit int) (journal.Tail, error) {
	s := m.of(name)
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

// Trim implements journal.Keys.
func (m *Redis) Trim(_ context.Context, name event.Stream, upTo uint64) (int, error) {
	s := m.of(name)
	for len(s.tail) > 0 && s.tail[0].Version <= upTo {
		s.tail = s.tail[1:]
	}
	if len(s.tail) == 0 && s.present {
		s.idle = true
	}
	return len(s.tail), nil
}

// Evict implements journal.Keys.
func (m *Redis) Evict(_ context.Context, name event.Stream, _ time.Duration) (bool, error) {
	s := m.of(name)
	if !s.idle || len(s.tail) > 0 {
		return false, nil
	}
	s.present, s.head, s.idle = false, 0, false
	m.gens[journal.Bucket(name)]++
	return true, nil
}

// Halt implements journal.Keys.
func (m *Redis) Halt(_ context.Context, name event.Stream, why string) error {
	if s := m.of(name); s.halted == "" {
		s.halted = why
	}
	return nil
}

// Dirty implements journal.Keys.
func (m *Redis) Dirty(context.Context) (names []event.Stream, err error) {
	for name, s := range m.streams {
		if len(s.tail) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Idle implements journal.Keys.
func (m *Redis) Idle(context.Context, time.Duration, int) (names []event.Stream, err error) {
	for name, s := range m.streams {
		if s.idle {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Halted implements journal.Keys.
func (m *Redis) Halted(context.Context) (map[event.Stream]string, error) {
	found := map[event.Stream]string{}
	for name, s := range m.streams {
		if s.halted != "" {
			found[name] = s.halted
		}
	}
	return found, nil
}
