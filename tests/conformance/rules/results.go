package rules

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/plygames/ply/domain/game"
)

// results checks at every ply that turn, result, flags, views and legal moves are of one mind.
func results(p *Plugin) error {
	total := -1 // what the scores of all seats add up to
	return p.games(func(g *played) error {
		for i, b := range g.boards {
			if err := p.sound(b, &total); err != nil {
				return fmt.Errorf("after ply %d: %w", i, err)
			}
			if i == 0 {
				continue
			}
			for _, seat := range b.Unsettled(g.boards[i-1], g.plies[i-1].by) {
				if !slices.Contains(p.Seats(), seat) {
					return fmt.Errorf("after ply %d: unsettled %q is no seat", i, seat)
				}
			}
			if x, ok := b.(game.Extras); ok {
				for _, a := range p.audiences() {
					if err := isObject(x.Extras(g.boards[i-1], g.plies[i-1].move, a)); err != nil {
						return fmt.Errorf("extras of ply %d for %s: %w", i, audienceName(a), err)
					}
				}
			}
		}
		return nil
	})
}

func (p *Plugin) sound(b game.Board, total *int) error {
	result, over := b.Result()
	turn := b.Turn()
	if over != (len(turn) == 0) {
		return fmt.Errorf("over is %v, but on turn are %q", over, turn)
	}
	if a, ok := b.(game.Alternates); ok && !over && (len(turn) != 1 || turn[0] != a.Next()) {
		return fmt.Errorf("next is %q, but on turn are %q", a.Next(), turn)
	}
	for i, seat := range turn {
		if !slices.Contains(p.Seats(), seat) || slices.Contains(turn[:i], seat) {
			return fmt.Errorf("turn %q", turn)
		}
	}
	if over {
		if err := p.sane(result, total); err != nil {
			return err
		}
	}
	for _, seat := range p.Seats() {
		if legal := b.Legal(seat); legal != nil {
			if !onTurn(b, seat) {
				return fmt.Errorf("%s is not on turn but has legal moves", seat)
			}
			if err := isObject(legal); err != nil {
				return fmt.Errorf("legal moves of %s: %w", seat, err)
			}
		}
		if !over {
			if err := p.sane(b.Timeout(seat), total); err != nil {
				return fmt.Errorf("flag of %s: %w", seat, err)
			}
		}
	}
	for _, a := range p.audiences() {
		if err := isObject(b.View(a)); err != nil {
			return fmt.Errorf("view of %s: %w", audienceName(a), err)
		}
	}
	return nil
}

// sane checks one result: scores for all seats or for none, always the same in sum, the winner's the highest.
func (p *Plugin) sane(r game.Result, total *int) error {
	if !regexp.MustCompile(`^[a-z][a-z-]*$`).MatchString(r.Reason) {
		return fmt.Errorf("result %+v has no reason", r)
	}
	if r.Scores == nil && r.Winner == "" {
		return nil
	}
	sum := 0
	for _, seat := range p.Seats() {
		score, ok := r.Scores[seat]
		if !ok || score < 0 || len(r.Scores) != len(p.Seats()) {
			return fmt.Errorf("result %+v has not one score for each seat", r)
		}
		if r.Winner != "" && r.Winner != seat && score >= r.Scores[r.Winner] {
			return fmt.Errorf("result %+v: the winner has not the highest score", r)
		}
		sum += score
	}
	if *total < 0 {
		*total = sum
	}
	if sum != *total {
		return fmt.Errorf("result %+v: scores add up to %d, elsewhere to %d", r, sum, *total)
	}
	if _, ok := r.Scores[r.Winner]; r.Winner != "" && !ok {
		return fmt.Errorf("result %+v: the winner is no seat", r)
	}
	return nil
}
