package spectate

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/history"
)

// Silence is how long a partition may show no watermark before its games count as stale. The relay writes one each
// second.
const Silence = 3 * time.Second

// Bounds of what runs at once: reads of the store, and games that are compared with it after an outage.
const (
	maxReads    = 64
	maxCompares = 32
)

// Config is what a Spectate needs.
type Config struct {
	Log      projections.Log
	Kinds    game.Kinds
	Logger   *slog.Logger
	Observer Observer // nil = nobody
	// Partitions is how many the bus has; 0 means 1. PartitionOf tells which one carries a game; nil means the first.
	Partitions  int
	PartitionOf func(game string) int
}

// Observer is told what happens to watched games; for metrics. Every method must be quick and safe for concurrent use.
type Observer interface {
	// Watched reports how many games are followed.
	Watched(games int)
	// Gap counts a read of the store that the bus made necessary.
	Gap()
	// Lost counts a game whose events this server can't read.
	Lost()
	// Stale reports that a partition fell silent, or lives again.
	Stale(partition int, stale bool)
}

// Spectate is the watched games of this server: a feed for their logs. Safe for concurrent use. Close it.
type Spectate struct {
	past       history.History
	partition  func(string) int
	partitions []*Partition
	logger     *slog.Logger
	observer   Observer
	reads      chan struct{} // slots
	compares   chan struct{}

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.RWMutex // never held while a game's lock is taken
	games  map[string]*watched
	closed bool
}

// New makes a Spectate. Its partitions count as alive until they have been silent for a while.
func New(c Config) *Spectate {
	s := &Spectate{
		past:      history.History{Log: c.Log, Kinds: c.Kinds},
		partition: c.PartitionOf,
		logger:    c.Logger,
		observer:  c.Observer,
		reads:     make(chan struct{}, maxReads),
		compares:  make(chan struct{}, maxCompares),
		games:     make(map[string]*watched),
	}
	if s.partition == nil {
		s.partition = func(string) int { return 0 }
	}
	if s.observer == nil {
		s.observer = nobody{}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for n := range max(1, c.Partitions) {
		p := &Partition{spectate: s, number: n, marks: make(chan struct{}, 1)}
		s.partitions = append(s.partitions, p)
		s.wg.Go(p.keep)
	}
	return s
}

// Close ends everything that runs and waits for it. Nothing can be followed any more.
func (s *Spectate) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.wg.Wait()
}

// spawn runs f in a goroutine that Close waits for; false after Close.
func (s *Spectate) spawn(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Go(f)
	return true
}

// Partition is the handler for what one partition of the bus carries.
func (s *Spectate) Partition(number int) *Partition { return s.partitions[number] }

// Events takes events from the only partition of an embedded bus.
func (s *Spectate) Events(batch []event.Recorded) { s.partitions[0].Events(batch) }

// Watermark takes a watermark from the only partition of an embedded bus.
func (s *Spectate) Watermark(at event.Position) { s.partitions[0].Watermark(at) }

// State gives a game as it is shown here. One that nobody watches is read from the store. Errors are those of Follow.
func (s *Spectate) State(ctx context.Context, id string) (*game.State, error) {
	state, stop, err := s.Follow(ctx, id, blind{})
	if err != nil {
		return nil, err
	}
	stop()
	return state, nil
}

// Refresh gives a game as the store has it, for somebody who has seen more of it than the bus has shown here. One that is
// being read already is not waited for.
func (s *Spectate) Refresh(ctx context.Context, id string) (*game.State, error) {
	_, stop, err := s.Follow(ctx, id, blind{})
	if err != nil {
		return nil, err
	}
	defer stop()
	if w := s.find(id); w != nil {
		read := make(chan struct{})
		w.compare(func() { close(read) })
		select {
		case <-read:
		case <-ctx.Done():
		}
	}
	return s.State(ctx, id)
}

// blind is a sink that looks away.
type blind struct{}

func (blind) Steps([]game.Step) {}
func (blind) Stale(bool)        {}
func (blind) Lost(error)        {}

// find gives a watched game, nil if nobody watches it.
func (s *Spectate) find(id string) *watched {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.games[id]
}

// of lists the watched games of a partition.
func (s *Spectate) of(p *Partition) []*watched {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*watched
	for _, w := range s.games {
		if w.partition == p {
			found = append(found, w)
		}
	}
	return found
}

type nobody struct{}

func (nobody) Watched(int)     {}
func (nobody) Gap()            {}
func (nobody) Lost()           {}
func (nobody) Stale(int, bool) {}
