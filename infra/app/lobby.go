package app

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/plygames/ply/commands/policies"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/transport/lobby"
	"github.com/plygames/ply/transport/socket"
	"github.com/plygames/ply/transport/wire"
)

// pairEvery is how often the pairing policy looks if nothing changes.
const pairEvery = time.Second

// pair merges open games that fit, once the views know all that had happened before the start.
func (a *App) pair(ctx context.Context) error {
	for _, f := range a.folds {
		select {
		case <-f.CaughtUp():
		case <-ctx.Done():
			return nil
		}
	}
	view, done := SeeksIn(a.lists)
	defer done()
	policy := &policies.Pairing{View: view, Games: a.games, Every: pairEvery, Log: a.log}
	policy.Run(ctx)
	return nil
}

// ghosts lists open games whose creators waited in them and have gone.
func ghosts(view *games.Games, here Absence, limit int) []string {
	var ids []string
	for _, r := range view.Open() {
		if seat := r.Waiting(); seat != "" && here.Absent(r.Game, seat) >= game.GhostAfter && len(ids) < limit {
			ids = append(ids, r.Game)
		}
	}
	return ids
}

// SeeksIn shows the view of games to the pairing policy. The second value ends that.
func SeeksIn(view *games.Games) (policies.Seeks, func()) {
	s := seekers{view, view.Feed()}
	return s, s.feed.Close
}

// seekers shows the view of games to the pairing policy.
type seekers struct {
	view *games.Games
	feed *games.Feed // only its signal
}

// Wake implements policies.Seeks.
func (s seekers) Wake() <-chan struct{} { return s.feed.Wake() }

// Bars implements policies.Seeks.
func (s seekers) Bars(playing, seek string) bool { return s.view.Bars(playing, seek) }

// Seeks implements policies.Seeks, without those whose creators play a game that bars them.
func (s seekers) Seeks() []policies.Seek {
	_, _, _ = s.feed.Take()
	var rows []games.Row
	for _, r := range s.view.Open() {
		if r.Pair != nil && r.Waiting() != "" && !s.view.Barred(&r) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b games.Row) int { return cmp.Compare(a.Number, b.Number) })
	seeks := make([]policies.Seek, len(rows))
	for i := range rows {
		seeks[i] = seekOf(&rows[i])
	}
	return seeks
}

func seekOf(r *games.Row) policies.Seek {
	var terms struct {
		Rating [2]int `json:"rating"`
	}
	_ = json.Unmarshal(r.Pair, &terms) // was checked when the game was created; no terms = none
	k := policies.Seek{Game: r.Game, Player: r.Creator, Seat: r.Waiting(), Any: r.AnySeat, Low: terms.Rating[0], High: terms.Rating[1]}
	common, err := json.Marshal([]any{r.Kind, r.Clock, r.Rated, r.Watch, r.Delay, r.Setup})
	if err != nil {
		panic("app: terms of a game: " + err.Error())
	}
	k.Terms = string(common)
	for _, s := range r.Seats {
		switch {
		case s.Player == r.Creator:
			k.Rating = s.Rating
		case s.Player == "" && s.Kept != "":
			k.Kept = &policies.Kept{Seat: s.Seat, Player: s.Reserved, From: s.Kept}
		case s.Player == "" && s.Reserved == "":
			k.Free = append(k.Free, s.Seat)
		}
	}
	return k
}

// openLobby makes what all lobby sockets share; nil on a server without lists.
func (a *App) openLobby(encoder *wire.Encoder) socket.Lobby {
	if a.lists == nil {
		return nil
	}
	a.lobby = lobby.New(lobby.Config{Source: shelf{a.lists.Feed()}, Encode: encoder.Offer})
	return a.lobby
}

// shelf shows the open games to the lobby, in its words.
type shelf struct{ feed *games.Feed }

// Wake implements lobby.Source.
func (s shelf) Wake() <-chan struct{} { return s.feed.Wake() }

// Take implements lobby.Source.
func (s shelf) Take() (open []lobby.Game, closed []string, all bool) {
	rows, closed, all := s.feed.Take()
	for i := range rows {
		r := &rows[i]
		if !r.Lobby() {
			closed = append(closed, r.Game)
			continue
		}
		g := wire.Offer{Game: r.Game, Kind: r.Kind, Clock: r.Clock, Rated: r.Rated, Seat: r.Free(), By: r.Creator, Pair: r.Pair}
		for _, seat := range r.Seats {
			if seat.Player == r.Creator {
				g.Rating = seat.Rating
			}
		}
		open = append(open, lobby.Game{Offer: g, Number: r.Number})
	}
	return open, closed, all
}
