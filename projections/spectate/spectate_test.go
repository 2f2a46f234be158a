package spectate_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/internal/trial"
	"github.com/plygames/ply/projections/spectate"
)

const id = "k3JqT9xBv2Lm"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is a spectate over a log with one started game (version 4).
type scene struct {
	t    *testing.T
	log  *trial.Log
	play *trial.Play
	spec *spectate.Spectate
	seen *observer
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, log: trial.NewLog(), seen: &observer{}}
	s.play = trial.Started(s.log, id, 1000, game.Created{})
	s.spec = spectate.New(spectate.Config{
		Log: s.log, Kinds: trial.Kinds, Logger: slog.New(slog.DiscardHandler), Observer: s.seen,
	})
	t.Cleanup(s.spec.Close)
	return s
}

func (s *scene) follow() (*trial.Sink, *game.State, func()) {
	s.t.Helper()
	sink := &trial.Sink{}
	at, stop, err := s.spec.Follow(s.t.Context(), id, sink)
	if err != nil {
		s.t.Fatalf("follow: %v", err)
	}
	return sink, at, stop
}

func (s *scene) wantVersions(sink *trial.Sink, want ...uint64) {
	s.t.Helper()
	synctest.Wait()
	if got := sink.Versions(); !slices.Equal(got, want) {
		s.t.Errorf("sink got versions %v, want %v", got, want)
	}
	if faults := sink.Faults(); len(faults) > 0 {
		s.t.Errorf("the feed broke its contract: %v", faults)
	}
}

func (s *scene) wantStale(sink *trial.Sink, want bool, turns int) {
	s.t.Helper()
	synctest.Wait()
	if stale, n := sink.IsStale(); stale != want || n != turns {
		s.t.Errorf("stale %v after %d changes, want %v after %d", stale, n, want, turns)
	}
}

// observer counts what it is told.
type observer struct {
	mu                    sync.Mutex
	watched, gaps, losses int
}

func (o *observer) Watched(n int)   { o.mu.Lock(); defer o.mu.Unlock(); o.watched = n }
func (o *observer) Gap()            { o.mu.Lock(); defer o.mu.Unlock(); o.gaps++ }
func (o *observer) Lost()           { o.mu.Lock(); defer o.mu.Unlock(); o.losses++ }
func (o *observer) Stale(int, bool) {}

func (o *observer) figures() (watched, gaps, losses int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.watched, o.gaps, o.losses
}

func TestBus(t *testing.T) {
	// Each case moves three times (versions 5, 6, 7) and says how the bus carries that.
	cases := map[string]struct {
		carry func(s *scene, moves [][]event.Recorded)
		gaps  int
	}{
		"in order": {func(s *scene, moves [][]event.Recorded) {
			for _, m := range moves {
				s.spec.Events(m)
			}
		}, 0},
		"one batch": {func(s *scene, moves [][]event.Recorded) { s.spec.Events(slices.Concat(moves...)) }, 0},
		"repeated": {func(s *scene, moves [][]event.Recorded) {
			all := slices.Concat(moves...)
			s.spec.Events(all)
			s.spec.Events(all)
			s.spec.Events(moves[0])
		}, 0},
		"hole": {func(s *scene, moves [][]event.Recorded) {
			s.spec.Events(moves[0])
			s.spec.Events(moves[2])
		}, 1},
		"turned round": {func(s *scene, moves [][]event.Recorded) {
			s.spec.Events(moves[2])
			s.spec.Events(moves[1])
			s.spec.Events(moves[0])
		}, 1},
		"damaged on the way": {func(s *scene, moves [][]event.Recorded) {
			bad := moves[0][0]
			bad.Data = []byte(`{"seat":"a","m":9}`)
			s.spec.Events([]event.Recorded{bad})
			s.spec.Events(moves[1])
			s.spec.Events(moves[2])
		}, 1},
		"of a type that nobody knows": {func(s *scene, moves [][]event.Recorded) {
			bad := moves[0][0]
			bad.Type = "move-played.v9"
			s.spec.Events([]event.Recorded{bad})
			s.spec.Events(slices.Concat(moves...))
		}, 1},
		"in a crowd of other games": {func(s *scene, moves [][]event.Recorded) {
			other := trial.Started(nil, "zzzzzzzzzzzz", 1, game.Created{})
			for _, m := range moves {
				s.spec.Events(slices.Concat(other.Move(1), m, other.Move(1)))
			}
			s.spec.Events([]event.Recorded{{Stream: event.PlayerStream("p"), Version: 1}})
		}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				sink, at, stop := s.follow()
				if at.Version != 4 {
					t.Errorf("followed at version %d, want 4", at.Version)
				}
				c.carry(s, [][]event.Recorded{s.play.Move(1), s.play.Move(2), s.play.Move(3)})
				s.wantVersions(sink, 5, 6, 7)
				if _, gaps, _ := s.seen.figures(); gaps != c.gaps {
					t.Errorf("%d gaps, want %d", gaps, c.gaps)
				}
				stop()
				if watched, _, _ := s.seen.figures(); watched != 0 {
					t.Errorf("%d games watched after the last follower left", watched)
				}
				s.spec.Events(s.play.Move(1))
				s.wantVersions(sink, 5, 6, 7)
				s.spec.Close()
			})
		})
	}
}

func TestFollowersShareOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		first, _, stopFirst := s.follow()
		s.spec.Events(s.play.Move(1))
		second, at, stopSecond := s.follow()
		if at.Version != 5 {
			t.Errorf("the second follower begins at %d, want 5", at.Version)
		}
		if n := s.log.Reads(); n != 1 {
			t.Errorf("%d reads of the store for two followers", n)
		}
		stopFirst()
		s.spec.Events(s.play.Move(1))
		s.wantVersions(first, 5)
		s.wantVersions(second, 6)
		stopSecond()
		_, at, stop := s.follow()
		if n := s.log.Reads(); n != 2 || at.Version != 6 {
			t.Errorf("a game that nobody watched was not read anew: %d reads, version %d", n, at.Version)
		}
		stop()
		s.spec.Close()
	})
}

// What the bus shows while the store is being read is not lost, although the read has not seen it and nothing follows.
func TestEventDuringRead(t *testing.T) {
	for name, begin := range map[string]func(s *scene) (sink *trial.Sink, from uint64){
		"the first one": func(s *scene) (*trial.Sink, uint64) {
			s.log.DuringNextRead(func() { s.spec.Events(s.play.Move(1)) })
			sink, at, _ := s.follow()
			return sink, at.Version
		},
		"of a gap": func(s *scene) (*trial.Sink, uint64) {
			sink, at, _ := s.follow()
			s.log.DuringNextRead(func() { s.spec.Events(s.play.Move(1)) })
			s.play.Move(1)
			s.spec.Events(s.play.Move(1))
			return sink, at.Version
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				sink, from := begin(s)
				time.Sleep(time.Second)
				synctest.Wait()
				if got, want := max(from, sink.Last()), s.play.State.Version; got != want || len(sink.Faults()) > 0 {
					t.Errorf("at version %d, want %d; %v", got, want, sink.Faults())
				}
				s.spec.Close()
			})
		})
	}
}

func TestFollowRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		_, _, err := s.spec.Follow(t.Context(), "nothingthere", &trial.Sink{})
		if !errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
			t.Errorf("unknown game: %v", err)
		}
		s.log.Down(true)
		_, _, err = s.spec.Follow(t.Context(), id, &trial.Sink{})
		if !errors.Is(err, &domain.Error{Kind: domain.Unavailable}) {
			t.Errorf("store down: %v", err)
		}
		s.log.Down(false)
		_, _, stop := s.follow()
		stop()
		s.spec.Close()
		_, _, err = s.spec.Follow(t.Context(), id, &trial.Sink{})
		if !errors.Is(err, &domain.Error{Kind: domain.Unavailable}) {
			t.Errorf("closed: %v", err)
		}
		if watched, _, _ := s.seen.figures(); watched != 0 {
			t.Errorf("%d games still watched", watched)
		}
	})
}

// The end of a game has no successor that would reveal its loss: only the comparison after an outage finds it.
func TestLostTailIsFoundAfterSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		sink, _, stop := s.follow()
		defer stop()
		s.spec.Watermark("1")
		time.Sleep(2900 * time.Millisecond)
		s.wantStale(sink, false, 0)
		s.play.End() // the bus loses it
		time.Sleep(200 * time.Millisecond)
		s.wantStale(sink, true, 1)
		late, _, stopLate := s.follow()
		defer stopLate()
		s.wantStale(late, true, 1)

		s.spec.Watermark("2")
		s.wantVersions(sink, 5)
		s.wantStale(sink, false, 2)
		s.wantStale(late, false, 2)
		s.spec.Close()
	})
}

func TestStoreDownWhileStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		sink, _, stop := s.follow()
		defer stop()
		time.Sleep(4 * time.Second)
		s.wantStale(sink, true, 1)
		s.log.Down(true)
		s.play.Move(1)
		for range 5 {
			s.spec.Watermark("2")
			time.Sleep(time.Second)
		}
		s.wantStale(sink, true, 1) // the bus lives, but what it lost can't be read
		s.wantVersions(sink)
		s.log.Down(false)
		for range 3 {
			s.spec.Watermark("3")
			time.Sleep(time.Second)
		}
		s.wantVersions(sink, 5)
		s.wantStale(sink, false, 2)
		s.spec.Close()
	})
}

func TestGapWhileStoreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		sink, _, stop := s.follow()
		defer stop()
		s.log.Down(true)
		s.play.Move(1)
		s.spec.Events(s.play.Move(2))
		s.wantStale(sink, true, 1)
		s.log.Down(false)
		s.spec.Watermark("1")
		time.Sleep(2 * time.Second)
		s.wantVersions(sink, 5, 6)
		s.wantStale(sink, false, 2)
		s.spec.Close()
	})
}

func TestUnreadableGameIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		sink, _, _ := s.follow()
		rec := s.play.Move(1)[0]
		newer := event.Recorded{Stream: rec.Stream, Version: 6, Type: "move-played.v9", Meta: rec.Meta, Data: rec.Data}
		newer.ID = event.Next(s.play.State.Chain, newer.Type, newer.Meta, newer.Data).ID()
		s.log.Append(newer)
		s.spec.Events([]event.Recorded{rec, newer})
		s.wantVersions(sink, 5)
		if err := sink.LostTo(); !errors.Is(err, game.ErrUnreadable) {
			t.Errorf("lost to %v", err)
		}
		_, _, err := s.spec.Follow(t.Context(), id, &trial.Sink{})
		if !errors.Is(err, &domain.Error{Kind: domain.Unavailable}) || !errors.Is(err, game.ErrUnreadable) {
			t.Errorf("following it again: %v", err)
		}
		if watched, _, losses := s.seen.figures(); watched != 0 || losses != 2 {
			t.Errorf("%d watched, %d losses", watched, losses)
		}
		s.spec.Close()
	})
}

// A version that the store never gets is not waited for for ever.
func TestBusAheadOfStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		sink, _, _ := s.follow()
		s.play.Log = nil
		s.play.Move(1)
		s.spec.Events(s.play.Move(1))
		for range 15 {
			s.spec.Watermark("1")
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if sink.LostTo() == nil {
			t.Error("still waiting for what the store does not have")
		}
		s.spec.Close()
	})
}

// Writers, a bus that repeats, loses and reorders, and followers that come and go: every follower has every version
// after the one it began with.
func TestInterleavings(t *testing.T) {
	const games, moves, followers = 3, 150, 12
	log := trial.NewLog()
	spec := spectate.New(spectate.Config{Log: log, Kinds: trial.Kinds, Logger: slog.New(slog.DiscardHandler)})
	defer spec.Close()
	bus := make(chan []event.Recorded, 16)
	var writers, readers, carrier sync.WaitGroup
	for g := range games {
		play := trial.Started(log, fmt.Sprintf("game%d", g), 1, game.Created{})
		writers.Go(func() {
			for n := range moves {
				rec := play.Move(1)
				if rand.IntN(5) > 0 || n == moves-1 { // others are lost; the last one reveals what is missing
					bus <- rec
				}
				if rand.IntN(5) == 0 {
					bus <- rec
				}
			}
			bus <- play.End()
		})
	}
	carrier.Go(func() {
		for batch := range bus {
			spec.Events(batch)
		}
	})
	final := uint64(4 + moves + 1)
	for range followers {
		readers.Go(func() {
			for range 10 {
				id := fmt.Sprintf("game%d", rand.IntN(games))
				sink := &trial.Sink{}
				at, stop, err := spec.Follow(context.Background(), id, sink)
				if err != nil {
					t.Errorf("follow: %v", err)
					return
				}
				deadline := time.Now().Add(20 * time.Second)
				until := at.Version + uint64(rand.IntN(moves))
				for min(until, final) > max(at.Version, sink.Last()) && time.Now().Before(deadline) {
					time.Sleep(50 * time.Microsecond)
				}
				stop()
				got := sink.Versions()
				if faults := sink.Faults(); len(faults) > 0 {
					t.Errorf("%v", faults)
				}
				if max(at.Version, sink.Last()) < min(until, final) || len(got) > 0 && got[0] != at.Version+1 {
					t.Errorf("began at %d, wanted up to %d, got %v", at.Version, until, got)
				}
			}
		})
	}
	writers.Wait()
	readers.Wait()
	close(bus)
	carrier.Wait()
}

func BenchmarkEventsNobodyWatches(b *testing.B) {
	log := trial.NewLog()
	play := trial.Started(log, id, 1, game.Created{})
	spec := spectate.New(spectate.Config{Log: log, Kinds: trial.Kinds, Logger: slog.New(slog.DiscardHandler)})
	defer spec.Close()
	batch := play.Move(1)
	b.ReportAllocs()
	for b.Loop() {
		spec.Events(batch)
	}
}

// Somebody who comes from a server that the bus has told more is shown what the store has.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		want := func(what string, find func(context.Context, string) (*game.State, error), version uint64) {
			t.Helper()
			if at, err := find(t.Context(), id); err != nil || at.Version != version {
				t.Errorf("%s: version %v, %v, want %d", what, at, err, version)
			}
		}
		sink, _, stop := s.follow()
		s.play.Move(1) // the bus is late
		want("as shown", s.spec.State, 4)
		want("refreshed", s.spec.Refresh, 5)
		s.wantVersions(sink, 5)
		stop()
		s.play.Move(1)
		want("that nobody watches", s.spec.State, 6)
		s.play.Move(1)
		want("that nobody watches, refreshed", s.spec.Refresh, 7)
		if _, err := s.spec.Refresh(t.Context(), "zzzzzzzzzzzz"); !errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
			t.Errorf("no game: %v", err)
		}
		s.spec.Close()
	})
}
