package rules

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"github.com/plygames/ply/domain/game"
)

// Sample is what the suite must be told about a kind of game: how its setups look and how to find a legal move.
type Sample struct {
	Setups  []json.RawMessage // that Prepare accepts; nil = standard
	Refused []json.RawMessage // that Prepare must refuse
	// Move gives some legal move of a seat that is on turn, at random, usually picked from b.Legal(seat).
	Move  func(r *rand.Rand, b game.Board, seat game.Seat) json.RawMessage
	Games int // random games for each check
	Plies int // where a random game is broken off
}

// Check is one property. Run gives the first violation, or nil.
type Check struct {
	Name string
	Run  func(p *Plugin) error
}

// Plugin is what a check works on: the rules, the sample, and randomness that is the same in every run.
type Plugin struct {
	game.Rules
	Sample
	*rand.Rand
}

// Checks lists the suite.
func Checks() []Check {
	return []Check{
		{"names", names},
		{"setups", setups},
		{"results", results},
		{"replay", replay},
		{"shown", shown},
		{"hidden", hidden},
		{"immutable", immutable},
		{"concurrent", concurrent},
		{"saved", saved},
		{"undo", undo},
		{"hostile moves", hostileMoves},
		{"hostile setups", hostileSetups},
		{"hostile saves", hostileSaves},
	}
}

// Test runs the suite over a kind of game. Run it with the race detector, too.
func Test(t *testing.T, rules game.Rules, sample Sample) {
	for _, c := range Checks() {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Apply(rules, sample); err != nil {
				t.Error(err)
			}
		})
	}
}

// Apply runs one check. A panic of the plug-in is a violation like any other.
func (c Check) Apply(rules game.Rules, sample Sample) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Run(&Plugin{rules, sample, rand.New(rand.NewPCG(1, 2))})
}

// games plays sample games and hands each to a check.
func (p *Plugin) games(check func(g *played) error) error {
	for n := range p.Games {
		setup := p.Setups[n%len(p.Setups)]
		g, err := p.play(setup)
		if err == nil {
			err = check(g)
		}
		if err != nil {
			return fmt.Errorf("game %d, setup %s: %w", n, setup, err)
		}
	}
	return nil
}
