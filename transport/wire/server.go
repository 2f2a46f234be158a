package wire

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// Protocol is the subprotocol that both sides must name.
const Protocol = "ply.v1"

// MaxMessage is the largest message of a client, and the largest HTTP body, in bytes.
const MaxMessage = 4096

// The unnumbered lines. Each is one JSON object without a newline.

// Live tells that the backlog is through. Where a clock runs it says (additively) what everybody has left now, so that
// a resumed client's clocks are right without a state. elapsed is as in StateContext.
func Live(s *game.State, elapsed func(game.Origin) int64) []byte {
	b := open(make([]byte, 0, 128), "live")
	b = fieldInt(b, "v", int64(s.Version))
	if run := s.Running(); len(run) > 0 {
		b = append(b, `,"clock":{`...)
		b = appendReading(b, s, run, elapsed)
		b = append(b, '}')
	}
	return append(b, '}')
}

// Stale tells that the feed behind the socket stands still. ts is Unix ms.
func Stale(ts int64) []byte {
	b := open(make([]byte, 0, 48), "stale")
	return append(fieldInt(b, "ts", ts), '}')
}

// OK answers the command with this id.
func OK(id string, r game.Receipt) []byte {
	b := open(make([]byte, 0, 128), "ok")
	b = fieldString(b, "id", id)
	b = fieldInt(b, "v", int64(r.Version))
	if r.Duplicate {
		b = fieldBool(b, "duplicate", true)
	}
	if r.Game != "" {
		b = fieldString(b, "game", r.Game)
	}
	return append(b, '}')
}

// Error refuses the command with this id; id is empty if there was none, or none that may be echoed.
func Error(id string, err *domain.Error) []byte {
	b := open(make([]byte, 0, 192), "error")
	if id != "" {
		b = fieldString(b, "id", id)
	}
	b = fieldString(b, "code", string(err.Kind))
	b = fieldString(b, "message", text(err))
	b = fieldBool(b, "retry", Retry(err))
	if err.After > 0 {
		b = fieldInt(b, "after", err.After)
	}
	if err.Version > 0 {
		b = fieldInt(b, "v", int64(err.Version))
	}
	if err.Reason != "" {
		b = fieldString(b, "reason", err.Reason)
	}
	if err.Winner != "" {
		b = fieldString(b, "winner", err.Winner)
	}
	return append(b, '}')
}

// Crowd tells which seats have a socket, and how many watch.
func Crowd(here map[game.Seat]bool, watchers int) []byte {
	seats := make([]game.Seat, 0, len(here))
	for s := range here {
		seats = append(seats, s)
	}
	slices.Sort(seats)
	b := open(make([]byte, 0, 128), "crowd")
	b = append(b, `,"here":{`...)
	for i, s := range seats {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, string(s))
		b = append(b, ':')
		b = strconv.AppendBool(b, here[s])
	}
	b = append(b, '}')
	b = fieldInt(b, "watchers", int64(watchers))
	return append(b, '}')
}

// Gone tells that a seat's player has left and when that may be claimed (in claim ms), or, with gone false, that the
// player came back. Without a claim a client would read "came back", so leaving a game in which absence can't be
// claimed (hasClaim false) is no message at all: nil.
func Gone(seat game.Seat, claim int64, hasClaim, gone bool) []byte {
	if gone && !hasClaim {
		return nil
	}
	b := open(make([]byte, 0, 80), "gone")
	b = fieldString(b, "seat", string(seat))
	if gone {
		b = fieldInt(b, "claim", max(0, claim))
	}
	return append(b, '}')
}

// Rematch tells that a seat has created the next game.
func Rematch(seat game.Seat, next string) []byte {
	b := open(make([]byte, 0, 96), "rematch")
	b = fieldString(b, "seat", string(seat))
	b = fieldString(b, "game", next)
	return append(b, '}')
}

// Pong answers a ping: ts is now in Unix ms, echo the ping's ts, v the game's version; 0 = absent.
func Pong(ts, echo int64, v uint64) []byte {
	b := open(make([]byte, 0, 96), "pong")
	b = fieldInt(b, "ts", ts)
	b = fieldInt(b, "echo", echo)
	if v > 0 {
		b = fieldInt(b, "v", int64(v))
	}
	return append(b, '}')
}

// Heartbeat tells who follows all events that the feed is alive, and has given everything up to a position; "" = it has
// given nothing yet.
func Heartbeat(position string) []byte {
	b := open(make([]byte, 0, 64), "heartbeat")
	if position != "" {
		b = fieldString(b, "pos", position)
	}
	return append(b, '}')
}

// WithPosition names the game, and the event's place in the store, in a numbered line of all games.
func WithPosition(line []byte, game, position string) []byte {
	line = WithGame(line, game)
	b := make([]byte, 0, len(line)+len(position)+10)
	b = append(b, line[:len(line)-1]...)
	b = fieldString(b, "pos", position)
	return append(b, '}')
}

// WithGame names the game in a line of a socket that shows several. Lines that name their own game already (state,
// created) come back as they are; rematch, whose game is another one, is for players only.
func WithGame(line []byte, game string) []byte {
	for _, own := range [][]byte{[]byte(`{"t":"state",`), []byte(`{"t":"created",`)} {
		if bytes.HasPrefix(line, own) {
			return line
		}
	}
	b := make([]byte, 0, len(line)+len(game)+10)
	b = append(b, line[:len(line)-1]...)
	b = fieldString(b, "game", game)
	return append(b, '}')
}
