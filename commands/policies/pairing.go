package policies

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/player"
)

// Seek is an open game whose creator waits in it to be paired.
type Seek struct {
	Game   string
	Player string    // who waits
	Seat   game.Seat // where
	Any    bool      // the player would take another seat too
	Free   []game.Seat
	Terms  string // kind, clock and all else that two seeks must have in common
	Rating int    // of the player; 0 = not known
	Low    int    // opponents' ratings
	High   int    // 0 = any
	Kept   *Kept  // pairing brings somebody
}

// Kept is a seat that is kept for the one who waits in another game.
type Kept struct {
	Seat   game.Seat
	Player string
	From   string // the other game
}

// Seeks is the view of open games, which may be behind. Safe for concurrent use.
type Seeks interface {
	// Seeks lists them, the oldest first.
	Seeks() []Seek
	// Wake is signalled when the list may have changed.
	Wake() <-chan struct{}
	// Bars tells whether an open game may not be paired while its creator plays another one, which has begun: if both are
	// against the clock, or if the open one is the older wish. One that the view does not know of does.
	Bars(playing, seek string) bool
}

// Commander carries out commands. Refusals are *domain.Error.
type Commander interface {
	Do(ctx context.Context, id string, c game.Command, at game.Arrival) (game.Receipt, error)
	// State is a game as the store has it.
	State(ctx context.Context, id string) (*game.State, error)
	// Chosen gives the open game out of which a person is paired, and how many choices have been made.
	Chosen(ctx context.Context, player string) (c player.Chosen, choices uint64, err error)
	// Choose makes the next choice after so many; false: another server was faster.
	Choose(ctx context.Context, player string, choices uint64, c player.Chosen) (bool, error)
}

// Pairing merges open games that fit. What it remembers only saves work: a step that was not followed by the next one is
// seen in the view, as a kept seat, and a step that is done again does nothing, so that anybody goes on, here or on
// another server. Run it, or call Look from one goroutine. How it comes that nobody is paired twice: see choose.
type Pairing struct {
	View  Seeks
	Games Commander
	Every time.Duration // between two looks when nothing changes; for what could not be done before
	Log   *slog.Logger

	recent map[string]time.Time // games and players that were merged, which the view may not have seen yet
}

// Merge lets the one who waits in From sit down in Into.
type Merge struct {
	From, Into string
	Player     string
	Seat       game.Seat
	Host       string // who waits in Into
}

// settled is how long what was merged is left alone: by then the view has seen it. If not, it is done again in vain.
const settled = time.Second

// Run pairs until ctx ends.
func (p *Pairing) Run(ctx context.Context) {
	tick := time.NewTicker(p.Every)
	defer tick.Stop()
	for {
		p.Look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-p.View.Wake():
		case <-tick.C:
		}
	}
}

// Look pairs those who wait now.
func (p *Pairing) Look(ctx context.Context) {
	now := time.Now()
	if p.recent == nil {
		p.recent = map[string]time.Time{}
	}
	for what, at := range p.recent {
		if now.Sub(at) > settled {
			delete(p.recent, what)
		}
	}
	for again := true; again && ctx.Err() == nil; {
		merges := Match(p.View.Seeks(), func(what string) bool { _, done := p.recent[what]; return done })
		var changed []string
		changed, again = p.mergeAll(ctx, merges)
		for _, what := range changed {
			p.recent[what] = now
		}
	}
}

// Match decides who is paired with whom: whoever is on the way already, then every seek with the oldest that fits. It is
// always the younger game that is left for the older one, so that those who wait for each other are never a circle. A
// game and a player are in one merge at most; skip tells of others ("game " + id, "player " + id) that are left alone.
func Match(seeks []Seek, skip func(what string) bool) []Merge {
	var merges []Merge
	taken := map[string]bool{}
	free := func(s *Seek) bool {
		game, player := "game "+s.Game, "player "+s.Player
		return !taken[game] && !taken[player] && !skip(game) && !skip(player)
	}
	for i := range seeks {
		s := &seeks[i]
		if s.Kept == nil || skip("game "+s.Game) || skip("game "+s.Kept.From) {
			continue
		}
		merges = append(merges, Merge{From: s.Kept.From, Into: s.Game, Player: s.Kept.Player, Seat: s.Kept.Seat, Host: s.Player})
		taken["game "+s.Game], taken["game "+s.Kept.From], taken["player "+s.Kept.Player], taken["player "+s.Player] = true, true, true, true
	}
	waiting := map[string][]*Seek{} // by terms, the oldest first
	for i := range seeks {
		s := &seeks[i]
		if s.Kept != nil || !free(s) {
			continue
		}
		old := waiting[s.Terms]
		found := -1
		for j, older := range old {
			if m, ok := fit(s, older); ok && free(older) {
				merges = append(merges, m)
				taken["game "+s.Game], taken["player "+s.Player] = true, true
				taken["game "+older.Game], taken["player "+older.Player] = true, true
				found = j
				break
			}
		}
		if found < 0 {
			waiting[s.Terms] = append(old, s)
			continue
		}
		waiting[s.Terms] = append(old[:found:found], old[found+1:]...)
	}
	return merges
}

// fit tells whether two seeks of the same terms suit each other, and where the younger sits down then.
func fit(younger, older *Seek) (Merge, bool) {
	if younger.Player == older.Player || !younger.accepts(older.Rating) || !older.accepts(younger.Rating) {
		return Merge{}, false
	}
	for _, seat := range older.Free {
		if younger.Any || seat == younger.Seat {
			return Merge{From: younger.Game, Into: older.Game, Player: younger.Player, Seat: seat, Host: older.Player}, true
		}
	}
	return Merge{}, false
}

// accepts tells whether an opponent of a rating is welcome. One whose rating is not known is.
func (s *Seek) accepts(rating int) bool {
	return s.High == 0 || rating == 0 || s.Low <= rating && rating <= s.High
}

// mergeAll carries merges out and gives the games and players that the view may show as they are no more, or that must be
// left alone for now. again: somebody was matched with one who is spoken for, and may fit others.
func (p *Pairing) mergeAll(ctx context.Context, merges []Merge) (changed []string, again bool) {
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, m := range merges {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			done, spoken, err := p.merge(ctx, m)
			if err != nil {
				if ctx.Err() == nil {
					p.Log.Warn("two open games could not be merged; it will be tried again", "from", m.From, "into", m.Into, "error", err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if spoken != "" {
				changed, again = append(changed, "game "+spoken), true
				return
			}
			changed = append(changed, "game "+m.Into)
			if done {
				changed = append(changed, "game "+m.From, "player "+m.Player, "player "+m.Host)
			}
		})
	}
	wg.Wait()
	return changed, again
}

// refused tells whether a command was refused for one of some reasons.
func refused(err error, kinds ...domain.Kind) bool {
	var refusal *domain.Error
	return errors.As(err, &refusal) && slices.Contains(kinds, refusal.Kind)
}
