package rules

import (
	"bytes"
	"fmt"

	"github.com/plygames/ply/domain/game"
)

// saved loads what every board saves, and goes on playing from there.
func saved(p *Plugin) error {
	return p.games(func(g *played) error {
		for i, b := range g.boards {
			loaded, err := p.Load(bytes.Clone(b.Save()))
			if err != nil {
				return fmt.Errorf("after ply %d: %w", i, err)
			}
			if err := differ("the loaded board", p.fingerprint(loaded), g.prints[i]); err != nil {
				return fmt.Errorf("after ply %d: %w", i, err)
			}
			if u, ok := loaded.(game.Undo); ok && i > 0 {
				if err := differ("taking back after loading", p.fingerprint(u.Undo(i)), g.prints[0]); err != nil {
					return fmt.Errorf("after ply %d: %w", i, err)
				}
			}
			if i < len(g.plies) {
				m := g.plies[i]
				next := loaded.Play(m.by, m.move, m.drawn)
				if err := differ("play after loading", p.fingerprint(next), g.prints[i+1]); err != nil {
					return fmt.Errorf("after ply %d: %w", i, err)
				}
			}
		}
		return nil
	})
}

// undo takes back any number of plies and goes on: it must be as if they had never been played.
func undo(p *Plugin) error {
	return p.games(func(g *played) error {
		last, ok := g.last().(game.Undo)
		if !ok {
			return nil // the ability is optional
		}
		for back := 1; back <= len(g.plies); back++ {
			i := len(g.plies) - back
			if seat, ok := last.Mover(back); !ok || seat != g.plies[i].by {
				return fmt.Errorf("%d plies back: mover %q, %v; was %s", back, seat, ok, g.plies[i].by)
			}
			earlier := last.Undo(back)
			if err := differ("the board taken back", p.fingerprint(earlier), g.prints[i]); err != nil {
				return fmt.Errorf("%d plies back: %w", back, err)
			}
			next := earlier.Play(g.plies[i].by, g.plies[i].move, g.plies[i].drawn)
			if err := differ("play after taking back", p.fingerprint(next), g.prints[i+1]); err != nil {
				return fmt.Errorf("%d plies back: %w", back, err)
			}
			if err := p.branch(earlier); err != nil {
				return fmt.Errorf("%d plies back: %w", back, err)
			}
		}
		for _, back := range []int{0, -1, len(g.plies) + 1} {
			if seat, ok := last.Mover(back); ok {
				return fmt.Errorf("mover %d plies back: %q; there is none", back, seat)
			}
		}
		return p.unchanged(g)
	})
}
