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
}

// Commander carries out commands. Refusals are *domain.Error.
type Commander interface {
	Do(ctx context.Context, id string, c game.Command, at game.Arrival) (game.Receipt, error)
}

// Pairing merges open games that fit. What it remembers only saves work: a step that was not followed by the next one is
// seen in the view, as a kept seat, and a step that is done again does nothing, so that anybody goes on, here or on
// another server. Run it, or call Look from one goroutine.
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
	merges := Match(p.View.Seeks(), func(what string) bool { _, done := p.recent[what]; return done })
	for _, what := range p.mergeAll(ctx, merges) {
		p.recent[what] = now
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
		if s.Kept == nil || skip("game "+s.Game) {
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

// mergeAll carries merges out and gives the games and players that the view may show as they are no more.
func (p *Pairing) mergeAll(ctx context.Context, merges []Merge) (changed []string) {
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, m := range merges {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			done, err := p.merge(ctx, m)
			if err != nil {
				if ctx.Err() == nil {
					p.Log.Warn("two open games could not be merged; it will be tried again", "from", m.From, "into", m.Into, "error", err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			changed = append(changed, "game "+m.Into)
			if done {
				changed = append(changed, "game "+m.From, "player "+m.Player, "player "+m.Host)
			}
		})
	}
	wg.Wait()
	return changed
}

// merge carries one out. Not done without an error: somebody was faster, and the view will show it.
func (p *Pairing) merge(ctx context.Context, m Merge) (done bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	do := func(id string, c game.Command) error {
		if ctx.Err() != nil {
			return ctx.Err() // a command that was begun is carried out all the same
		}
		_, err := p.Games.Do(ctx, id, c, game.Arrival{})
		return err
	}
	err = do(m.Into, game.Command{Wish: game.Keep{Seat: m.Seat, Player: m.Player, From: m.From}})
	switch {
	case refused(err, domain.AlreadyJoined): // by this policy, or by themselves: the other game is to end all the same
	case refused(err, domain.GameFull, domain.GameOver, domain.NotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	err = do(m.From, game.Command{ID: "pair/" + m.Into, Wish: game.Pair{Next: m.Into}})
	if refused(err, domain.GameOver, domain.GameFull, domain.Forbidden) {
		return false, do(m.Into, game.Command{Wish: game.Release{From: m.From}})
	}
	if err != nil {
		return false, err
	}
	err = do(m.Into, game.Command{ID: "pair/" + m.From, Player: m.Player, Wish: game.Sit{Seat: string(m.Seat)}})
	if refused(err, domain.AlreadyJoined) {
		err = nil
	}
	return err == nil, err
}

// refused tells whether a command was refused for one of some reasons.
func refused(err error, kinds ...domain.Kind) bool {
	var refusal *domain.Error
	return errors.As(err, &refusal) && slices.Contains(kinds, refusal.Kind)
}
