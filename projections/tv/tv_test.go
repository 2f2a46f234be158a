package tv_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/tv"
)

// studio is a TV and what happens in the world.
type studio struct {
	t        *testing.T
	tv       *tv.TV
	now      time.Time
	live     []games.Row
	watchers map[string]int
}

func newStudio(t *testing.T) *studio {
	s := &studio{t: t, now: time.Unix(1_764_000_000, 0), watchers: map[string]int{}}
	s.tv = tv.New(tv.Config{Live: func() []games.Row { return slices.Clone(s.live) }, Now: func() time.Time { return s.now },
		Watchers: func(id string) int { return s.watchers[id] }})
	return s
}

func (s *studio) add(id, kind string, ratings ...int) {
	r := games.Row{Game: id, Kind: kind, Status: game.Live, Number: uint64(len(s.live) + 1)}
	for _, rating := range ratings {
		r.Seats = append(r.Seats, games.Seat{Rating: rating})
	}
	s.live = append(s.live, r)
}

func (s *studio) end(id string) {
	s.live = slices.DeleteFunc(s.live, func(r games.Row) bool { return r.Game == id })
}

func (s *studio) want(kind string, limit int, want ...string) {
	s.t.Helper()
	s.now = s.now.Add(time.Second)
	var got []string
	for _, shown := range s.tv.Best(kind, limit) {
		got = append(got, shown.Game)
		if shown.Watchers != s.watchers[shown.Game] {
			s.t.Errorf("%s has %d watchers, shown are %d", shown.Game, s.watchers[shown.Game], shown.Watchers)
		}
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("%q: %v, want %v", kind, got, want)
	}
}

func TestBest(t *testing.T) {
	s := newStudio(t)
	s.want("", 16)
	s.add("guests", "chess", 0, 0)
	s.add("masters", "chess", 2400, 2500)
	s.add("club", "chess", 1600, 1700)
	s.add("other", "go", 1900, 1900)
	s.want("", 16, "masters", "other", "club", "guests")
	s.want("chess", 2, "masters", "club")
	s.want("go", 1, "other")
	s.want("shogi", 1)
	s.watchers["guests"] = 100_000 // a crowd is worth 1,661 points
	s.want("chess", 3, "guests", "masters", "club")
	s.end("guests")
	s.want("chess", 1, "masters")
}

// The screen does not change for little.
func TestSteady(t *testing.T) {
	s := newStudio(t)
	s.add("a", "chess", 2000, 2000)
	s.add("b", "chess", 1990, 1990)
	s.want("", 2, "a", "b")
	for i := range 20 { // their crowds come and go
		s.watchers["a"], s.watchers["b"] = i%2, (i+1)%2
		s.want("", 2, "a", "b")
	}
	clear(s.watchers)
	s.add("c", "chess", 2145, 2145)
	s.want("", 1, "a")
	s.add("d", "chess", 2160, 2160)
	s.want("", 1, "d")
	s.want("", 1, "d")
	s.end("d")
	s.end("a")
	s.want("", 1, "c")
}

// However many play, the best of them is found, and no more are kept than can be shown.
func TestMost(t *testing.T) {
	s := newStudio(t)
	for i := range 500 {
		s.add(fmt.Sprint("g", i), "chess", 1000+i%7, 1000)
	}
	s.add("best", "chess", 2700, 2700)
	if best := s.tv.Best("", 100); len(best) != tv.Most || best[0].Game != "best" {
		t.Errorf("%d games, first %s", len(best), best[0].Game)
	}
	s.add("better", "chess", 2900, 2900)
	if best := s.tv.Best("", 1); best[0].Game != "best" {
		t.Error("made anew within a second")
	}
	s.want("", 1, "better")
}
