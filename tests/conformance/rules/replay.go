package rules

import (
	"bytes"
	"fmt"

	"github.com/plygames/ply/domain/game"
)

// replay folds what would be stored and compares every board with the live one. The bytes are copies: what a plug-in
// gets at a replay comes from a store, not from its own hands.
func replay(p *Plugin) error {
	return p.games(func(g *played) error {
		b := p.Start(bytes.Clone(g.setup), bytes.Clone(g.drawn))
		for i := range g.boards {
			if i > 0 {
				m := g.plies[i-1]
				b = b.Play(m.by, bytes.Clone(m.move), bytes.Clone(m.drawn))
			}
			if err := differ("replay", p.fingerprint(b), g.prints[i]); err != nil {
				return fmt.Errorf("after ply %d: %w", i, err)
			}
		}
		return nil
	})
}

// shown folds what each audience is shown of a game and compares the views with those that the server shows: whoever
// has followed and whoever joins know the same. A hidden move is not folded, so it must not change the view.
func shown(p *Plugin) error {
	return p.games(func(g *played) error {
		for _, a := range p.audiences() {
			if err := p.follow(g, a); err != nil {
				return fmt.Errorf("%s: %w", audienceName(a), err)
			}
		}
		return nil
	})
}

func (p *Plugin) follow(g *played, a game.Audience) error {
	drawn, seen := p.RedactStart(bytes.Clone(g.drawn), a)
	if err := whole(a, seen, string(drawn) == string(g.drawn)); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	b := p.Start(g.setup, drawn)
	for i, truth := range g.boards {
		if i > 0 {
			m := g.plies[i-1]
			move, drawn, seen := p.RedactMove(m.by, bytes.Clone(m.move), bytes.Clone(m.drawn), a)
			if err := whole(a, seen, string(move) == string(m.move) && string(drawn) == string(m.drawn)); err != nil {
				return fmt.Errorf("ply %d: %w", i, err)
			}
			if seen != game.Hidden {
				b = b.Play(m.by, move, drawn)
			}
		}
		if err := differ("view of what was shown", string(b.View(a)), string(truth.View(a))); err != nil {
			return fmt.Errorf("after ply %d: %w", i, err)
		}
	}
	return nil
}

// whole checks the promises of visibility: full means unchanged, and from everyone nothing is hidden.
func whole(a game.Audience, seen game.Visibility, same bool) error {
	switch {
	case seen == game.Full && !same:
		return fmt.Errorf("called full, but something is missing")
	case a.SeesAll() && seen != game.Full:
		return fmt.Errorf("something is hidden from everyone")
	}
	return nil
}
