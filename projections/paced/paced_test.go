package paced_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/history"
	"github.com/plygames/ply/projections/internal/trial"
	"github.com/plygames/ply/projections/paced"
	"github.com/plygames/ply/projections/spectate"
)

const id = "k3JqT9xBv2Lm"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is a started game (versions 1 to 4 happened now), watched live, with paced feeds over it.
type scene struct {
	t     *testing.T
	log   *trial.Log
	play  *trial.Play
	live  *spectate.Spectate
	paced *paced.Paced
}

func newScene(t *testing.T, setup game.Created) *scene {
	log := trial.NewLog()
	quiet := slog.New(slog.DiscardHandler)
	s := &scene{t: t, log: log, play: trial.Started(log, id, now(), setup)}
	s.live = spectate.New(spectate.Config{Log: log, Kinds: trial.Kinds, Logger: quiet})
	s.paced = paced.New(paced.Config{
		Live: s.live, Past: &history.History{Log: log, Kinds: trial.Kinds}, Wall: now, Logger: quiet,
	})
	var relay sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	relay.Go(func() {
		for tick := time.NewTicker(time.Second); ctx.Err() == nil; {
			select {
			case <-tick.C:
				s.live.Watermark("")
			case <-ctx.Done():
			}
		}
	})
	t.Cleanup(func() {
		s.paced.Close()
		s.live.Close()
		cancel()
		relay.Wait()
	})
	return s
}

func now() int64 { return time.Now().UnixMilli() }

// move plays n moves at once and lets the bus carry them.
func (s *scene) move(n int) {
	s.play.At = now()
	for range n {
		s.live.Events(s.play.Move(1))
	}
}

func (s *scene) end() {
	s.play.At = now()
	s.live.Events(s.play.End())
}

func (s *scene) follow(f paced.Feed) (*trial.Sink, *game.State, func()) {
	s.t.Helper()
	sink := &trial.Sink{}
	at, stop, err := f.Follow(s.t.Context(), id, sink)
	if err != nil {
		s.t.Fatalf("follow: %v", err)
	}
	return sink, at, stop
}

// want checks the newest version that a sink has, after everything that is due has come.
func (s *scene) want(sink *trial.Sink, last uint64) {
	s.t.Helper()
	synctest.Wait()
	if got := sink.Last(); got != last {
		s.t.Errorf("the sink is at version %d, want %d", got, last)
	}
	if faults := sink.Faults(); len(faults) > 0 {
		s.t.Errorf("the feed broke its contract: %v", faults)
	}
}

func TestDelayedReleasesWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, game.Created{})
		feed := s.paced.Delayed(time.Minute)
		time.Sleep(30 * time.Second)
		if _, _, err := feed.Follow(t.Context(), id, &trial.Sink{}); !errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
			t.Errorf("before the first event is due: %v", err)
		}
		s.move(2) // 5, 6 at 30 s
		time.Sleep(31 * time.Second)
		sink, at, stop := s.follow(feed)
		defer stop()
		if at.Version != 4 {
			t.Errorf("the delayed game is at %d, want 4", at.Version)
		}
		time.Sleep(9 * time.Second)
		s.move(1) // 7 at 70 s
		time.Sleep(19 * time.Second)
		s.want(sink, 0)
		time.Sleep(time.Second) // 90 s
		s.want(sink, 6)
		late, at, stopLate := s.follow(feed)
		if at.Version != 6 {
			t.Errorf("a late follower begins at %d, want 6", at.Version)
		}
		time.Sleep(40 * time.Second) // 130 s
		s.want(sink, 7)
		s.want(late, 7)
		stopLate()
		s.move(1)
		time.Sleep(time.Second)
		s.end()
		s.want(sink, 9) // the end releases everything at once
		s.want(late, 7)
		_, at, stopOver := s.follow(feed)
		defer stopOver()
		if at.Version != 9 || at.Status != game.Over {
			t.Errorf("after the end: version %d, %s", at.Version, at.Status)
		}
	})
}

// The delay of the game holds for those who ask for less.
func TestDelayOfTheGame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, game.Created{Delay: 60_000})
		time.Sleep(61 * time.Second)
		s.move(1)
		sink, at, stop := s.follow(s.paced.Delayed(time.Second))
		defer stop()
		if at.Version != 4 {
			t.Errorf("begins at %d, want 4", at.Version)
		}
		time.Sleep(59 * time.Second)
		s.want(sink, 0)
		time.Sleep(time.Second)
		s.want(sink, 5)
	})
}

// More steps than are held in memory are read back from the store, in order and without holes.
func TestDelayedLongQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, game.Created{})
		time.Sleep(time.Minute)
		sink, _, stop := s.follow(s.paced.Delayed(time.Minute))
		defer stop()
		for range 20 {
			s.move(50)
			time.Sleep(time.Second)
		}
		s.want(sink, 0)
		time.Sleep(40*time.Second + 500*time.Millisecond) // 60.5 s after the first of them
		s.want(sink, 4+50)
		time.Sleep(10 * time.Second)
		s.want(sink, 4+11*50)
		s.end()
		s.want(sink, 4+20*50+1)
	})
}

func TestDelayedStoreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, game.Created{})
		time.Sleep(time.Minute)
		sink, _, stop := s.follow(s.paced.Delayed(time.Minute))
		defer stop()
		s.move(600)
		s.log.Down(true)
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if stale, _ := sink.IsStale(); !stale {
			t.Error("not stale although the store is down")
		}
		s.log.Down(false)
		time.Sleep(3 * time.Second)
		s.want(sink, 604)
		if stale, turns := sink.IsStale(); stale || turns != 2 {
			t.Errorf("stale %v after %d changes", stale, turns)
		}
	})
}

func TestDelayedFeedsAreComparable(t *testing.T) {
	p := paced.New(paced.Config{})
	defer p.Close()
	var a, b, other paced.Feed = p.Delayed(time.Second), p.Delayed(time.Second), p.Delayed(2 * time.Second)
	if a != b || a == other {
		t.Error("feeds do not compare as their delays")
	}
}

func TestReplay(t *testing.T) {
	// The game: 1 to 4 at 0 s, then moves at 2 s, 4 s, 104 s (a gap that is capped), 105 s, and the end at 106 s.
	at := map[uint64]time.Duration{5: 2 * time.Second, 6: 4 * time.Second, 7: 14 * time.Second, 8: 15 * time.Second, 9: 16 * time.Second}
	for _, c := range []struct {
		name  string
		from  uint64
		speed float64
	}{
		{"from nothing", 0, 1}, {"faster", 0, 8}, {"from the middle", 5, 2}, {"all at once", 0, 0}, {"from the end", 9, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, game.Created{})
				for _, pause := range []time.Duration{2, 2, 100, 1} {
					time.Sleep(pause * time.Second)
					s.move(1)
				}
				time.Sleep(time.Second)
				s.end()
				begun := time.Now()
				sink, state, stop := s.follow(s.paced.Replay(c.from, c.speed))
				defer stop()
				if state.Version != c.from {
					t.Errorf("begins at %d, want %d", state.Version, c.from)
				}
				for v := max(c.from, 4) + 1; v <= 9; v++ {
					due := at[v] - at[max(c.from, 4)]
					if c.speed > 0 {
						due = time.Duration(float64(due) / c.speed)
						time.Sleep(time.Until(begun.Add(due)) - time.Millisecond)
						want := v - 1
						if want == c.from {
							want = 0
						}
						s.want(sink, want)
						time.Sleep(time.Millisecond)
						s.want(sink, v)
					}
				}
				if c.from < 9 {
					s.want(sink, 9)
					if got := sink.Versions(); got[0] != c.from+1 {
						t.Errorf("the first step is %d, want %d", got[0], c.from+1)
					}
				}
			})
		})
	}
}

// A replay that has caught up goes on live.
func TestReplayGoesOnLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, game.Created{})
		time.Sleep(time.Second)
		s.move(700)
		sink, _, stop := s.follow(s.paced.Replay(0, 4))
		defer stop()
		time.Sleep(time.Second)
		s.want(sink, 704)
		time.Sleep(20 * time.Second)
		s.move(1)
		time.Sleep(10 * time.Second / 4)
		s.want(sink, 705)
		s.move(1)
		time.Sleep(10 * time.Second / 4)
		s.want(sink, 706)
	})
}

func TestReplayBeyondTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, game.Created{})
		_, at, stop := s.follow(s.paced.Replay(99, 1))
		defer stop()
		if at.Version != 4 {
			t.Errorf("got version %d, want the newest, 4", at.Version)
		}
	})
}

// A replay for a delayed audience never overtakes the delay.
func TestReplayOfDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, game.Created{Delay: 60_000})
		time.Sleep(61 * time.Second)
		s.move(2)
		sink, _, stop := s.follow(s.paced.Delayed(0).Replay(0, 0))
		defer stop()
		s.want(sink, 4)
		if got := sink.Versions(); !slices.Equal(got, []uint64{1, 2, 3, 4}) {
			t.Errorf("got %v", got)
		}
		time.Sleep(59 * time.Second)
		s.want(sink, 4)
		time.Sleep(time.Second)
		s.want(sink, 6)
	})
}
