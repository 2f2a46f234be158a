package rules

import (
	"fmt"

	"github.com/plygames/ply/domain/game"
)

// tries is how often a twin looks for another secret before it does the same as the original.
const tries = 24

// unseen is the sight of a hidden ply.
const unseen = "hidden"

// hidden plays, for each audience, a twin of each game: other secrets, but move for move the same to that audience's
// eyes. As long as the twin can go on, everything that the audience gets must be the same bytes. And the other way
// round: where two moves lead to the same sight of the board, what is shown of the moves must be the same, or those
// who follow would know what those who join are not told.
func hidden(p *Plugin) error {
	return p.games(func(g *played) error {
		for _, a := range p.audiences() {
			for range 3 {
				if err := p.twin(g, a); err != nil {
					return fmt.Errorf("seen by %s: %w", audienceName(a), err)
				}
			}
		}
		return nil
	})
}

func (p *Plugin) twin(g *played, a game.Audience) error {
	b := p.Start(g.setup, p.otherStart(g, a))
	for i, truth := range g.boards {
		var before game.Board
		if i > 0 {
			m, ok, err := p.otherMove(b, truth, g.plies[i-1], a)
			if err != nil {
				return fmt.Errorf("ply %d: %w", i, err)
			}
			if !ok {
				return nil // from here on the two can be told apart, by right
			}
			before, b = b, b.Play(m.by, m.move, m.drawn)
			if err := p.sameExtras(before, b, m, g, i, a); err != nil {
				return err
			}
		}
		if err := differ("what is shown", shownBytes(b, a), shownBytes(truth, a)); err != nil {
			return fmt.Errorf("two truths can be told apart after ply %d: %w", i, err)
		}
	}
	return nil
}

// sameExtras compares what comes with the move itself. A hidden one comes with nothing.
func (p *Plugin) sameExtras(before, after game.Board, m ply, g *played, i int, a game.Audience) error {
	x, ok := after.(game.Extras)
	if _, _, seen := p.RedactMove(m.by, m.move, m.drawn, a); !ok || seen == game.Hidden {
		return nil
	}
	want := g.boards[i].(game.Extras).Extras(g.boards[i-1], g.plies[i-1].move, a)
	if err := differ("extras", string(x.Extras(before, m.move, a)), string(want)); err != nil {
		return fmt.Errorf("two truths can be told apart at ply %d: %w", i, err)
	}
	return nil
}

// otherStart draws again until the audience sees the same.
func (p *Plugin) otherStart(g *played, a game.Audience) game.Drawn {
	want, wantSeen := p.RedactStart(g.drawn, a)
	for range tries {
		drawn, err := p.Prepare(g.setup, p.seed())
		if err != nil || string(drawn) == string(g.drawn) {
			continue
		}
		if got, seen := p.RedactStart(drawn, a); string(got) == string(want) && seen == wantSeen {
			return drawn
		}
	}
	return g.drawn
}

// otherMove finds a move that the audience can't tell from a given one: often another move, by another seat if not
// even the mover is shown, else the same one if it is legal in this truth, too, and chance draws the same.
// after is the board that the given move led to.
func (p *Plugin) otherMove(b, after game.Board, m ply, a game.Audience) (ply, bool, error) {
	alike := p.sight(m, a)
	turn := b.Turn()
	if len(turn) == 0 {
		return ply{}, false, nil
	}
	for n := range 2 * tries {
		other := ply{by: m.by, move: m.move}
		if n < tries && p.IntN(2) == 0 {
			if alike == unseen {
				other.by = turn[p.IntN(len(turn))]
			}
			if onTurn(b, other.by) {
				other.move = p.Sample.Move(p.Rand, b, other.by)
			}
		}
		if !onTurn(b, other.by) {
			continue
		}
		drawn, err := b.Judge(other.by, other.move, p.seed())
		if err != nil {
			continue
		}
		other.drawn = drawn
		if p.sight(other, a) == alike {
			return other, true, nil
		}
		if next := b.Play(other.by, other.move, other.drawn); shownBytes(next, a) == shownBytes(after, a) {
			return ply{}, false, fmt.Errorf("the view is the same, but the event tells them apart: %s, %s", p.sight(other, a), alike)
		}
	}
	return ply{}, false, nil
}

// sight is what an audience sees of a ply.
func (p *Plugin) sight(m ply, a game.Audience) string {
	move, drawn, seen := p.RedactMove(m.by, m.move, m.drawn, a)
	if seen == game.Hidden {
		return unseen
	}
	return fmt.Sprintf("%s %s %s %d", m.by, move, drawn, seen)
}
