package rules

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/plygames/ply/domain/game"
)

// immutable branches off every board of a game in several ways and then looks whether any of them has changed. It
// also scribbles over all bytes that it was given and gave away.
func immutable(p *Plugin) error {
	return p.games(func(g *played) error {
		for i, b := range g.boards {
			if len(b.Turn()) == 0 {
				continue
			}
			if err := p.branch(b); err != nil {
				return fmt.Errorf("branches after ply %d: %w", i, err)
			}
		}
		return p.unchanged(g)
	})
}

// branch plays two moves on one board, goes on with both, and checks that neither disturbs the other.
func (p *Plugin) branch(b game.Board) error {
	var boards []game.Board
	var prints []string
	for range 3 {
		next := b
		for depth := 0; depth < 2 && len(next.Turn()) > 0; depth++ {
			turn := next.Turn()
			m, err := p.draw(next, turn[p.IntN(len(turn))])
			if err != nil {
				return err
			}
			move, drawn := bytes.Clone(m.move), bytes.Clone(m.drawn)
			next = next.Play(m.by, move, drawn)
			scribble(move)
			scribble(drawn)
			boards = append(boards, next)
			prints = append(prints, p.fingerprint(next))
		}
	}
	for i := range boards {
		scribble(boards[i].Save())
		if err := differ("a branch", p.fingerprint(boards[i]), prints[i]); err != nil {
			return err
		}
	}
	return nil
}

func scribble(b []byte) {
	for i := range b {
		b[i] = '#'
	}
}

// unchanged compares all boards of a game with what they were when they were new.
func (p *Plugin) unchanged(g *played) error {
	for i, b := range g.boards {
		if err := differ("an old board", p.fingerprint(b), g.prints[i]); err != nil {
			return fmt.Errorf("after ply %d: %w", i, err)
		}
	}
	return nil
}

// concurrent reads and branches off the same boards from several goroutines. The race detector sees what this can't.
func concurrent(p *Plugin) error {
	return p.games(func(g *played) error {
		fresh := p.Start(g.setup, g.drawn) // boards that nobody has asked anything yet
		boards := []game.Board{fresh}
		for _, m := range g.plies {
			fresh = fresh.Play(m.by, m.move, m.drawn)
			boards = append(boards, fresh)
		}
		faults := make([]error, 4)
		var all sync.WaitGroup
		for n := range faults {
			all.Go(func() {
				for i, b := range boards {
					if i < len(g.plies) {
						m := g.plies[i]
						faults[n] = errors.Join(faults[n], differ("a board played at the same time",
							p.fingerprint(b.Play(m.by, m.move, m.drawn)), g.prints[i+1]))
					}
					faults[n] = errors.Join(faults[n], differ("a board read at the same time", p.fingerprint(b), g.prints[i]))
				}
			})
		}
		all.Wait()
		return errors.Join(faults...)
	})
}
