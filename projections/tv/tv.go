package tv

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/plygames/ply/projections/games"
)

// Most is how many games of a kind can be asked for: as many as one socket shows.
const Most = 16

const (
	stale    = time.Second // the order is made anew after so long
	margin   = 150.0       // how much better a game must be to pass another one on the screen
	doubling = 100.0       // worth of twice as many watchers, in points of rating
	unrated  = 1_000.0     // counts for a player without a rating
)

// Config is what a TV looks at. Live must not give games that are not for everybody's eyes now.
type Config struct {
	Live     func() []games.Row
	Watchers func(game string) int // on all servers
	Now      func() time.Time
}

// TV keeps what is shown of each kind of game. Safe for concurrent use.
type TV struct {
	Config

	mu       sync.Mutex
	made     time.Time
	channels map[string][]Shown // by kind; "" = of all
}

// Shown is a game on the screen.
type Shown struct {
	games.Row
	Watchers int
}

// New makes one that shows nothing yet.
func New(c Config) *TV { return &TV{Config: c, channels: map[string][]Shown{}} }

// Best gives at most limit games of a kind ("" = of all), the best first. It is made at most once a second for all who ask.
func (t *TV) Best(kind string, limit int) []Shown {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.Now(); t.made.IsZero() || now.Sub(t.made) >= stale || now.Before(t.made) {
		t.made = now
		t.tune()
	}
	shown := t.channels[kind]
	return slices.Clone(shown[:min(limit, len(shown))])
}

// rated is a game with what it is worth.
type rated struct {
	Shown
	score float64
}

// tune makes all channels anew. Called with mu held.
func (t *TV) tune() {
	byKind := map[string][]rated{}
	for _, row := range t.Live() {
		r := rated{Shown: Shown{Row: row, Watchers: t.Watchers(row.Game)}}
		r.score = score(&r.Shown)
		byKind[row.Kind] = append(byKind[row.Kind], r)
		byKind[""] = append(byKind[""], r)
	}
	channels := make(map[string][]Shown, len(byKind))
	for kind, live := range byKind {
		channels[kind] = arrange(t.channels[kind], live)
	}
	t.channels = channels
}

// score is the mean rating of the players, and the watchers in points of rating.
func score(s *Shown) float64 {
	sum := 0.0
	for i := range s.Seats {
		rating := float64(s.Seats[i].Rating)
		if rating == 0 {
			rating = unrated
		}
		sum += rating
	}
	return sum/float64(max(1, len(s.Seats))) + doubling*math.Log2(float64(1+s.Watchers))
}

// arrange puts the live games in order: those that were shown as they were, then the others by their worth, but each
// before the first that it beats by the margin.
func arrange(before []Shown, live []rated) []Shown {
	place := make(map[string]int, len(before))
	for i := range before {
		place[before[i].Game] = i
	}
	rank := func(r *rated) int {
		if i, ok := place[r.Game]; ok {
			return i
		}
		return len(before)
	}
	slices.SortFunc(live, func(a, b rated) int {
		return cmp.Or(cmp.Compare(rank(&a), rank(&b)), cmp.Compare(b.score, a.score), cmp.Compare(a.Number, b.Number))
	})
	var list []rated
	for _, r := range live {
		at := slices.IndexFunc(list, func(other rated) bool { return r.score > other.score+margin })
		switch {
		case at >= 0:
			list = slices.Insert(list, at, r)
		case len(list) < Most:
			list = append(list, r)
		}
		list = list[:min(len(list), Most)]
	}
	shown := make([]Shown, len(list))
	for i := range list {
		shown[i] = list[i].Shown
	}
	return shown
}
