package games_test

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/internal/trial"
)

// lobby is what somebody knows who follows a feed.
type lobby struct {
	t     *testing.T
	feed  *games.Feed
	known map[string]games.Row
}

func (l *lobby) want(want ...string) {
	l.t.Helper()
	synctest.Wait()
	select {
	case <-l.feed.Wake():
		open, closed, all := l.feed.Take()
		if all {
			clear(l.known)
		}
		for _, r := range open {
			l.known[r.Game] = r
		}
		for _, id := range closed {
			delete(l.known, id)
		}
	default:
	}
	var got []string
	for id, r := range l.known {
		if r.Lobby() {
			got = append(got, id)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		l.t.Errorf("the lobby shows %v, want %v", got, want)
	}
}

func TestFeed(t *testing.T) {
	inBubble(t, func(s *scene) {
		open := game.Created{Access: game.AccessOpen, Creator: "p", Pair: json.RawMessage(`{}`)}
		first := trial.NewPlay(s.log, "first", now(), open)
		synctest.Wait()
		l := &lobby{t: t, feed: s.view.Feed(), known: map[string]games.Row{}}
		defer l.feed.Close()
		l.want("first")
		first.Do(game.Seated{Seat: "a", Player: "p"})
		trial.NewPlay(s.log, "invitation", now(), game.Created{Creator: "p"})
		hidden, delayed := open, open
		hidden.Watch, delayed.Delay = game.WatchLink, 5_000
		trial.NewPlay(s.log, "hidden", now(), hidden)
		trial.NewPlay(s.log, "delayed", now(), delayed)
		second := trial.NewPlay(s.log, "second", now(), open)
		l.want("first", "second")
		time.Sleep(time.Minute) // a delayed game is not shown later either
		l.want("first", "second")
		first.Do(game.SeatKept{Seat: "b", Player: "q", From: "other"})
		l.want("second")
		first.Do(game.SeatReleased{Seat: "b"})
		l.want("first", "second")
		first.Do(game.Seated{Seat: "b", Player: "q"}, game.Started{Turn: []game.Seat{"a"}})
		second.Do(game.Ended{Reason: game.Paired, Next: "first"})
		l.want()
		if rows := s.view.Open(); len(rows) != 2 { // hidden and delayed ones can be sat down in
			t.Errorf("open: %+v", rows)
		}
	})
}

func TestPlayingAndLive(t *testing.T) {
	inBubble(t, func(s *scene) {
		trial.Started(s.log, "untimed", now(), game.Created{}).Move(1)
		trial.NewPlay(s.log, "organised", now(), game.Created{Creator: "q", Clock: clock.Spec{Type: clock.Fischer, Initial: 60_000}})
		// barred tells about a seek of a player's.
		barred := func(player string, number uint64, spec clock.Spec) bool {
			synctest.Wait()
			return s.view.Barred(&games.Row{Creator: player, Number: number, Clock: spec})
		}
		fast := clock.Spec{Type: clock.Fischer, Initial: 60_000}
		if barred("p", 2, fast) || barred("p", 2, clock.Spec{Type: clock.None}) || barred("q", 2, fast) {
			t.Error("barred by a clock that is not there, or by a game that has not begun")
		}
		if !barred("p", 1, fast) {
			t.Error("who has begun to play has not got what they waited for before")
		}
		blitz := trial.Started(s.log, "blitz", now(), game.Created{Clock: clock.Spec{Type: clock.Fischer, Initial: 60_000}})
		trial.Started(s.log, "delayed", now(), game.Created{Delay: 1}).Move(1)
		trial.Started(s.log, "hidden", now(), game.Created{Watch: game.WatchLink}).Move(1)
		live := func(want ...string) {
			t.Helper()
			synctest.Wait()
			var got []string
			for _, r := range s.view.Live() {
				got = append(got, r.Game)
			}
			if !slices.Equal(got, want) {
				t.Errorf("live: %v, want %v", got, want)
			}
		}
		live("untimed")
		if !barred("p", 9, fast) || !barred("q", 9, fast) || barred("c", 9, fast) {
			t.Error("who plays is not known")
		}
		if barred("p", 9, clock.Spec{Type: clock.None}) || !barred("p", 3, clock.Spec{Type: clock.None}) {
			t.Error("what is not against the clock is barred by what begins later only")
		}
		if !s.view.Bars("unknown", "organised") || !s.view.Bars("blitz", "unknown") || !s.view.Bars("blitz", "organised") {
			t.Error("a game that is not known does not bar")
		}
		blitz.Move(1)
		live("untimed", "blitz")
		blitz.End()
		live("untimed")
		if barred("p", 9, fast) {
			t.Error("playing a game that is over")
		}
	})
}

// A challenge is a game of the one who is challenged, until it is answered, but does not count as one of theirs.
func TestChallenges(t *testing.T) {
	inBubble(t, func(s *scene) {
		mine := games.Query{Player: "bob", Own: true, Status: game.Open}
		var plays []*trial.Play
		for i := range games.MaxUnfinished {
			plays = append(plays, trial.NewPlay(s.log, "challenge"+string(rune('A'+i)), now(),
				game.Created{Creator: "ann", Reserved: map[game.Seat]string{"b": "bob"}}))
		}
		rows, _ := s.list(mine)
		if len(rows) != games.MaxUnfinished || rows[0].Seats[1].Reserved != "bob" {
			t.Fatalf("%d challenges are shown", len(rows))
		}
		s.want(games.Query{Player: "bob"})
		if !s.view.Reserve("bob", "own") {
			t.Error("who is challenged often can't play")
		}
		for _, p := range plays[1:] {
			p.Do(game.Ended{Reason: game.Aborted})
		}
		s.want(mine, "challengeA")
		plays[0].Do(game.Seated{Seat: "a", Player: "ann"})
		s.want(mine, "challengeA")
		plays[0].Do(game.Seated{Seat: "b", Player: "bob"}, game.Started{Turn: []game.Seat{"a"}})
		s.want(mine)
		s.want(games.Query{Player: "bob", Own: true, Status: game.Live}, "challengeA")
	})
}
