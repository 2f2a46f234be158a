package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// junk is what no game means, and what decoders trip over.
func junk() []json.RawMessage {
	texts := []string{
		"", "null", "true", "0", "-1", "1e3", "2147483648", "9007199254740993", "18446744073709551616", "1e999", `""`, `" "`,
		`"\u0000"`, `"\ud800"`, "\"\xff\"", `"`, "{", "[", "{}", "[]", "[[[[[[[[[[]]]]]]]]]]", `{"a":1,"a":2}`, `{"fen":null}`, "\x00", "nul",
		`"` + strings.Repeat("x", 1024) + `"`, strings.Repeat("[", 1024), `{"` + strings.Repeat("k", 1000) + `":0}`,
	}
	list := make([]json.RawMessage, 0, len(texts)+1)
	for _, s := range texts {
		list = append(list, json.RawMessage(s))
	}
	return append(list, nil)
}

// damage changes, drops or doubles some bytes.
func (p *Plugin) damage(b []byte) []byte {
	out := append([]byte(nil), b...)
	for range 1 + p.IntN(3) {
		if len(out) == 0 {
			return out
		}
		i := p.IntN(len(out))
		switch p.IntN(4) {
		case 0:
			out[i] ^= 1 << p.IntN(8)
		case 1:
			out[i] = byte(p.Uint32())
		case 2:
			out = append(out[:i], out[i+1:]...)
		default:
			out = append(out[:i+1], out[i:]...)
		}
	}
	return out
}

// hostileMoves sends junk, damaged moves and moves of the wrong seat. Each is refused as an illegal move or, if it
// happens to be legal, can be played; none changes the board.
func hostileMoves(p *Plugin) error {
	return p.games(func(g *played) error {
		for i, b := range g.boards {
			if i >= 12 && i < len(g.boards)-2 {
				continue // the sum is quadratic; a dozen boards and the last two will do
			}
			moves := junk()
			for _, m := range g.plies {
				moves = append(moves, m.move, p.damage(m.move))
			}
			for _, m := range moves {
				for _, seat := range append(p.Seats(), "", "nobody") {
					if err := p.hostileMove(b, seat, m); err != nil {
						return fmt.Errorf("after ply %d, %s sends %.100s: %w", i, seat, m, err)
					}
				}
			}
			if err := differ("the board", p.fingerprint(b), g.prints[i]); err != nil {
				return fmt.Errorf("after ply %d: %w", i, err)
			}
		}
		return nil
	})
}

func (p *Plugin) hostileMove(b game.Board, seat game.Seat, m json.RawMessage) error {
	wellformed := p.Wellformed(m)
	drawn, err := b.Judge(seat, m, game.Seed{})
	if err == nil {
		if !wellformed || !onTurn(b, seat) {
			return fmt.Errorf("accepted")
		}
		p.fingerprint(b.Play(seat, m, drawn))
		return nil
	}
	if !errors.Is(err, &domain.Error{Kind: domain.IllegalMove}) {
		return fmt.Errorf("refused with %v, not as an illegal move", err)
	}
	b.Play(seat, m, nil) // nobody does that, but a stored game may be damaged: it must not panic
	return nil
}

// setups tries the sample's own: accepted ones give a game that can begin, refused ones name a field.
func setups(p *Plugin) error {
	for _, setup := range p.Refused {
		if err := p.hostileSetup(setup); err != nil {
			return fmt.Errorf("setup %s: %w", setup, err)
		}
		if _, err := p.Prepare(setup, p.seed()); err == nil {
			return fmt.Errorf("setup %s accepted", setup)
		}
	}
	for _, setup := range p.Setups {
		drawn, err := p.Prepare(setup, p.seed())
		if err != nil {
			return fmt.Errorf("setup %s: %w", setup, err)
		}
		if turn := p.Start(setup, drawn).Turn(); len(turn) == 0 {
			return fmt.Errorf("setup %s: nobody can move", setup)
		}
	}
	return nil
}

func hostileSetups(p *Plugin) error {
	list := junk()
	for _, setup := range append(p.Setups, p.Refused...) {
		for range 200 {
			list = append(list, p.damage(setup))
		}
	}
	for _, setup := range list {
		if err := p.hostileSetup(setup); err != nil {
			return fmt.Errorf("setup %.200s: %w", setup, err)
		}
	}
	return nil
}

func (p *Plugin) hostileSetup(setup json.RawMessage) error {
	drawn, err := p.Prepare(setup, p.seed())
	if err != nil {
		if !errors.Is(err, &domain.Error{Kind: domain.InvalidField}) && !errors.Is(err, &domain.Error{Kind: domain.BadMessage}) {
			return fmt.Errorf("refused with %v, not for its form or its field", err)
		}
		return nil
	}
	b := p.Start(setup, drawn)
	if len(b.Turn()) == 0 {
		return fmt.Errorf("accepted, but nobody can move")
	}
	p.fingerprint(b)
	return nil
}

// hostileSaves loads junk and damaged boards. What is not refused must at least be a board.
func hostileSaves(p *Plugin) error {
	return p.games(func(g *played) error {
		list := [][]byte{nil, {}, {0}, {255}}
		for _, m := range junk() {
			list = append(list, m)
		}
		for _, b := range g.boards {
			save := b.Save()
			list = append(list, save[:p.IntN(len(save))])
			for range 5 {
				list = append(list, p.damage(save))
			}
		}
		for _, save := range list {
			b, err := p.Load(save)
			if err == nil {
				p.fingerprint(b)
			}
		}
		return nil
	})
}
