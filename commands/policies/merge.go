package policies

import (
	"context"
	"fmt"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/player"
)

// conflicts is how often a choice is tried again because another server was faster.
const conflicts = 4

// attempt is what a merge goes out from.
type attempt struct {
	from, into uint64 // versions of the games; 0 = any
	spoken     string // if not empty there is none: the creator of this game is spoken for
}

// merge carries one out. Not done without an error: somebody was faster, and the view will show it; spoken, if not empty,
// is an open game out of which its creator can't be paired now.
func (p *Pairing) merge(ctx context.Context, m Merge) (done bool, spoken string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	try, err := p.begin(ctx, m)
	if err != nil || try.spoken != "" {
		return false, try.spoken, err
	}
	keep := game.Keep{Seat: m.Seat, Player: m.Player, From: m.From, FromVersion: try.from, At: try.into}
	err = p.do(ctx, m.Into, game.Command{Wish: keep})
	switch {
	case refused(err, domain.AlreadyJoined): // by this policy, or by themselves: the other game is to end all the same
	case refused(err, domain.GameFull, domain.GameOver, domain.NotFound, domain.VersionConflict):
		return false, "", nil
	case err != nil:
		return false, "", err
	}
	err = p.do(ctx, m.From, game.Command{ID: "pair/" + m.Into, Wish: game.Pair{Next: m.Into, At: try.from}})
	if refused(err, domain.GameOver, domain.GameFull, domain.Forbidden, domain.VersionConflict) {
		return false, "", p.do(ctx, m.Into, game.Command{Wish: game.Release{From: m.From, FromVersion: try.from}})
	}
	if err != nil && !refused(err, domain.CommandIDReused) { // then it has ended for the same game, by another release's attempt
		return false, "", err
	}
	err = p.do(ctx, m.Into, game.Command{ID: "pair/" + m.From, Player: m.Player, Wish: game.Sit{Seat: string(m.Seat)}})
	if refused(err, domain.AlreadyJoined) { // perhaps on another seat
		err = p.do(ctx, m.Into, game.Command{Wish: game.Release{From: m.From, FromVersion: try.from}})
	}
	return err == nil, "", err
}

// begin finds the attempt that was begun before and has kept the seat, or begins one, in which both people are paired out
// of these games and no others.
func (p *Pairing) begin(ctx context.Context, m Merge) (try attempt, err error) {
	s, err := p.Games.State(ctx, m.Into)
	if err != nil {
		return try, err
	}
	for i := range s.Seats {
		if kept := &s.Seats[i]; kept.Kept == m.From && kept.Seat == m.Seat && kept.Reserved == m.Player {
			return attempt{from: kept.KeptAt}, nil
		}
	}
	if _, sits := s.SeatOf(m.Player); sits {
		return try, nil
	}
	if try.into, err = p.choose(ctx, m.Host, m.Into, false); err == nil && try.into == 0 {
		try.spoken = m.Into
	}
	if err != nil || try.spoken != "" {
		return try, err
	}
	if try.from, err = p.choose(ctx, m.Player, m.From, true); err == nil && try.from == 0 {
		try.spoken = m.From
	}
	return try, err
}

// choose makes an open game the one out of which its creator is paired, and gives its version; 0 = the creator is spoken
// for. leave: the creator is to leave it, so nobody may sit there or be on the way.
//
// Somebody may wait in several games, which are streams of their own, and two servers may find opponents for two of them at
// the same moment. Therefore each person has a stream of choices, each of a game at a version, and the store's expected
// version lets one server make the next choice. A merge goes out from what both people have chosen: a seat of the host's
// game is kept, and the guest's game is ended, at exactly the versions that were chosen, or the merge is refused for ever.
// A new choice may be made only if nothing can come of the last one any more: its game has ended without an opponent, or
// has moved on from the version that was chosen (Pass makes it), or led to a game that does not bar another one. All of
// these are for ever, so it does not matter how long ago they were read when the choice is recorded, and a server that
// wakes up with an old choice is refused by the games themselves. A server that dies between two steps leaves a choice
// that the next one goes on from, and nobody's game has ended.
//
// People themselves may sit down wherever they like, also while they are being paired: that is their own wish.
func (p *Pairing) choose(ctx context.Context, who, id string, leave bool) (version uint64, err error) {
	for range conflicts {
		last, choices, err := p.Games.Chosen(ctx, who)
		if err != nil {
			return 0, err
		}
		seek, err := p.Games.State(ctx, id)
		if err != nil {
			return 0, err
		}
		if seek.Status != game.Open || leave && (seek.Expects() || !seek.WaitsAlone(who)) {
			return 0, nil
		}
		if last.Game == id && last.Version == seek.Version {
			return seek.Version, nil
		}
		beside, void, err := p.void(ctx, who, last, id)
		if err != nil || !void {
			return 0, err
		}
		done, err := p.Games.Choose(ctx, who, choices, player.Chosen{Game: id, Version: seek.Version, Beside: beside})
		if err != nil {
			return 0, err
		}
		if done {
			return seek.Version, nil
		}
	}
	return 0, nil // others are at the same person
}

// void tells whether nothing can come of a choice any more, or nothing but the same game, and makes it so if it may: the
// game that was chosen is passed over if nobody is on the way to or from it. beside are the games that came of this choice
// and earlier ones, and go on beside the next.
func (p *Pairing) void(ctx context.Context, who string, last player.Chosen, id string) (beside []string, void bool, err error) {
	for _, at := range last.Beside {
		if p.View.Bars(at, id) {
			s, err := p.Games.State(ctx, at)
			if err != nil {
				return nil, false, err
			}
			if s.Status == game.Over {
				continue
			}
			return nil, false, nil
		}
		beside = append(beside, at)
	}
	at, version := last.Game, last.Version
	for range 2 * conflicts {
		if at == "" || at == id {
			return beside, true, nil
		}
		s, err := p.Games.State(ctx, at)
		if err != nil {
			return nil, false, err
		}
		_, sits := s.SeatOf(who)
		switch {
		case s.Status == game.Over:
			at, version = s.Next, 0
			continue
		case s.Status != game.Open:
			if !sits {
				return beside, true, nil
			}
			return append(beside, at), !p.View.Bars(at, id), nil
		case !s.WaitsAlone(who) || s.Expects():
			return nil, false, nil // somebody is on the way, or they wait for more people
		case s.Version > version:
			return beside, true, nil
		}
		err = p.do(ctx, at, game.Command{Wish: game.Pass{At: version}})
		if err != nil && !refused(err, domain.GameOver, domain.GameFull, domain.Busy) {
			return nil, false, err
		}
	}
	return nil, false, nil
}

// do carries out a command of the policy's own.
func (p *Pairing) do(ctx context.Context, id string, c game.Command) error {
	if ctx.Err() != nil {
		return ctx.Err() // a command that was begun is carried out all the same
	}
	if _, err := p.Games.Do(ctx, id, c, game.Arrival{}); err != nil {
		return fmt.Errorf("%s: %w", c.Wish.Name(), err)
	}
	return nil
}
