package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/infra/redis/journal"
)

// judged is one stream as far as it was read. Once it is wrong it takes everything: what follows proves nothing.
type judged struct {
	tally
	stream event.Stream
	next   func(event.Recorded) error // nil once the stream is wrong

	state  *game.State // of a game that has not ended
	person *player.History
	chain  struct { // of a stream that is of neither
		version uint64
		head    event.Hash
	}
}

// judge begins with a stream.
func judge(stream event.Stream) *judged {
	j := &judged{stream: stream}
	j.next = j.other
	if id, ok := stream.Game(); ok {
		j.games, j.state, j.next = 1, game.New(id), j.game
	} else if id, ok := stream.Player(); ok {
		j.people, j.person = 1, player.Follow(id)
		j.next = j.person.Apply
	} else if id, ok := stream.Seeker(); ok {
		j.next = player.FollowSeeker(id).Apply
	}
	return j
}

// take judges the next event.
func (j *judged) take(rec event.Recorded) error {
	j.events++
	if j.next == nil {
		return nil
	}
	return j.next(rec)
}

// condemn gives the stream up.
func (j *judged) condemn() { j.wrong, j.next, j.state = 1, nil, nil }

// end judges the stream as a whole.
func (j *judged) end() error {
	if j.state != nil {
		j.unfinished = 1
	}
	if j.person != nil && !j.person.Whole() && j.wrong == 0 {
		return errors.New("its content is missing, although nobody was erased")
	}
	return nil
}

func (j *judged) game(rec event.Recorded) error {
	if j.state == nil {
		return errors.New("nothing may follow the end of a game")
	}
	if err := game.Review(j.state, rec, games.Kinds, j.legal); err != nil {
		return err
	}
	if j.state.Status == game.Over {
		j.state = nil
	}
	return nil
}

// legal judges an event again, by the rules as they are today. The clock times and what chance drew are facts and are
// taken as recorded.
func (j *judged) legal(before *game.State, e game.Event, meta event.Meta) error {
	if before.Board != nil {
		if result, over := resultAgain(before.Board); over {
			ended, is := e.(game.Ended)
			if !is {
				return fmt.Errorf("the game is over by the rules (%s), yet it went on", result.Reason)
			}
			if ended.Reason != result.Reason || ended.Winner != result.Winner {
				return fmt.Errorf("ended by %s won by %q, but the rules say %s won by %q", ended.Reason, ended.Winner, result.Reason, result.Winner)
			}
		}
	}
	move, is := e.(game.MovePlayed)
	if !is {
		return nil
	}
	j.moves++
	if !before.OnTurn(move.Seat) {
		return fmt.Errorf("%s moved but was not on turn", move.Seat)
	}
	if seat, ok := before.SeatOf(meta.Player); !ok || seat != move.Seat {
		return fmt.Errorf("somebody who does not sit there moved for %s", move.Seat)
	}
	if err := judgeAgain(before.Board, move); err != nil {
		return fmt.Errorf("the move %s is not legal: %w", move.M, err)
	}
	return nil
}

// resultAgain asks a game's second opinion if it has one.
func resultAgain(b game.Board) (game.Result, bool) {
	if second, ok := b.(game.SecondOpinion); ok {
		return second.ResultAgain()
	}
	return b.Result()
}

func judgeAgain(b game.Board, m game.MovePlayed) error {
	if second, ok := b.(game.SecondOpinion); ok {
		return second.JudgeAgain(m.Seat, m.M)
	}
	_, err := b.Judge(m.Seat, m.M, game.Seed{})
	return err
}

// other judges what belongs to no game and no person. Streams that begin with a dollar are the store's own records.
func (j *judged) other(rec event.Recorded) error {
	switch {
	case rec.Stream == journal.SettingsStream:
		return j.link(rec)
	case strings.HasPrefix(string(rec.Stream), "$"):
		return nil
	default:
		return errors.New("a stream of a kind that this release does not know")
	}
}

// link checks the hash chain of a stream that is no game's and no person's.
func (j *judged) link(rec event.Recorded) error {
	last := &j.chain
	if last.version == 0 {
		last.head = event.Genesis(rec.Stream)
	}
	head := event.Next(last.head, rec.Type, rec.Meta, rec.Data)
	switch {
	case rec.Version != last.version+1:
		return fmt.Errorf("follows version %d", last.version)
	case head.ID() != rec.ID:
		return errors.New("its id is not the hash of its content and of all before it")
	}
	last.version, last.head = rec.Version, head
	return nil
}
