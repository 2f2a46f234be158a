package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/plygames/ply/domain/game"
)

// played is a game that was played live, as the suite remembers it.
type played struct {
	setup  json.RawMessage
	drawn  game.Drawn
	plies  []ply
	boards []game.Board // boards[i] is the one before plies[i]
	prints []string     // fingerprints, taken when the board was new
}

// ply is what an event stores of a move.
type ply struct {
	by    game.Seat
	move  json.RawMessage
	drawn game.Drawn
}

func (g *played) last() game.Board { return g.boards[len(g.boards)-1] }

// play plays at random, to the end or to Plies, the way a host does: judge, play, ask for the result.
func (p *Plugin) play(setup json.RawMessage) (*played, error) {
	drawn, err := p.Prepare(setup, p.seed())
	if err != nil {
		return nil, fmt.Errorf("setup refused: %w", err)
	}
	b := p.Start(setup, drawn)
	g := &played{setup: setup, drawn: drawn, boards: []game.Board{b}, prints: []string{p.fingerprint(b)}}
	for range p.Plies {
		turn := b.Turn()
		if len(turn) == 0 {
			break
		}
		m, err := p.draw(b, turn[p.IntN(len(turn))])
		if err != nil {
			return nil, fmt.Errorf("ply %d: %w", len(g.plies)+1, err)
		}
		b = b.Play(m.by, m.move, m.drawn)
		g.plies = append(g.plies, m)
		g.boards = append(g.boards, b)
		g.prints = append(g.prints, p.fingerprint(b))
	}
	return g, nil
}

// draw picks a legal move and has it judged.
func (p *Plugin) draw(b game.Board, seat game.Seat) (ply, error) {
	m := p.Sample.Move(p.Rand, b, seat)
	if !p.Wellformed(m) {
		return ply{}, fmt.Errorf("legal move %s is not well-formed", m)
	}
	seed := p.seed()
	drawn, err := b.Judge(seat, m, seed)
	if err != nil {
		return ply{}, fmt.Errorf("legal move %s of %s refused: %w", m, seat, err)
	}
	again, err := b.Judge(seat, m, seed)
	if err != nil || string(again) != string(drawn) {
		return ply{}, fmt.Errorf("move %s judged twice with one seed drew %s and %s (%v)", m, drawn, again, err)
	}
	return ply{seat, m, drawn}, nil
}

func (p *Plugin) seed() (s game.Seed) {
	for i := range s {
		s[i] = byte(p.Uint32())
	}
	return s
}

// audiences lists everybody who may look.
func (p *Plugin) audiences() []game.Audience {
	list := []game.Audience{game.Watchers, game.Everyone}
	for _, seat := range p.Seats() {
		list = append(list, game.AudienceOf(seat))
	}
	return list
}

func audienceName(a game.Audience) string {
	switch a {
	case game.Watchers:
		return "watchers"
	case game.Everyone:
		return "everyone"
	}
	return string(a.Seat())
}

// fingerprint is all that can be learned of a board, as text.
func (p *Plugin) fingerprint(b game.Board) string {
	f := fmt.Appendf(nil, "save %x\nturn %q\n", b.Save(), b.Turn())
	result, over := b.Result()
	f = fmt.Appendf(f, "result %+v %v\n", result, over)
	for _, seat := range p.Seats() {
		f = fmt.Appendf(f, "%s: timeout %+v legal %s\n", seat, b.Timeout(seat), b.Legal(seat))
	}
	for _, a := range p.audiences() {
		f = fmt.Appendf(f, "%s: %s\n", audienceName(a), b.View(a))
	}
	if c, ok := b.(game.Claims); ok {
		reason, may := c.Claim()
		f = fmt.Appendf(f, "claim %q %v\n", reason, may)
	}
	return string(f)
}

// differ names the first line in which two fingerprints differ.
func differ(what, got, want string) error {
	if got == want {
		return nil
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < len(g) && i < len(w) && g[i] == w[i] {
		i++
	}
	return fmt.Errorf("%s differs:\n got %s\nwant %s", what, at(g, i), at(w, i))
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "(nothing)"
}

func onTurn(b game.Board, seat game.Seat) bool { return slices.Contains(b.Turn(), seat) }
