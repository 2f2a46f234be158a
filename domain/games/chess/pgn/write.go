package pgn

import (
	"strconv"
	"strings"
	"time"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// Append adds a game in the export format of the standard. name tells what a player is called, "" = no name. It reports
// false, and adds nothing, if the game is of a kind that has no PGN. It is pure but for name.
func Append(b []byte, t *game.Sheet, name func(player string) string) ([]byte, bool) {
	if t.Created.Kind != (chess.Rules{}).Kind() || len(t.Seats) != 2 {
		return b, false
	}
	b = appendTags(b, t, name)
	b = append(b, '\n')
	return appendMovetext(b, t), true
}

// appendTags adds the seven tags that every game has, and then ours in the order of their names.
func appendTags(b []byte, t *game.Sheet, name func(string) string) []byte {
	began := t.StartedAt
	if began == 0 {
		began = t.CreatedAt
	}
	at := time.UnixMilli(began).UTC()
	event := "casual game"
	if t.Created.Rated {
		event = "rated game"
	}
	fen := startFEN(t.Created.Setup)
	b = appendTag(b, "Event", event)
	b = appendTag(b, "Site", "/watch/"+t.ID)
	b = appendTag(b, "Date", at.Format("2006.01.02"))
	b = appendTag(b, "Round", "-")
	b = appendTag(b, "White", called(t.Seats[0].Player, name))
	b = appendTag(b, "Black", called(t.Seats[1].Player, name))
	b = appendTag(b, "Result", t.Score())
	if t.Seats[1].Rating > 0 {
		b = appendTag(b, "BlackElo", strconv.Itoa(t.Seats[1].Rating))
	}
	if fen != "" {
		b = appendTag(b, "FEN", fen)
	}
	b = appendTag(b, "GameId", t.ID)
	if t.Status == game.Over {
		b = appendTag(b, "PlyChain", t.Chain.String())
		b = appendTag(b, "PlyReason", t.Result.Reason)
	}
	if fen != "" {
		b = appendTag(b, "SetUp", "1")
	}
	b = appendTag(b, "Termination", termination(t))
	b = appendTag(b, "TimeControl", TimeControl(t.Created.Clock))
	b = appendTag(b, "UTCDate", at.Format("2006.01.02"))
	b = appendTag(b, "UTCTime", at.Format("15:04:05"))
	if t.Seats[0].Rating > 0 {
		b = appendTag(b, "WhiteElo", strconv.Itoa(t.Seats[0].Rating))
	}
	return b
}

// called is what a seat's player is called: the name, else the id, "?" if nobody sits there.
func called(player string, name func(string) string) string {
	if player == "" {
		return "?"
	}
	if n := name(player); n != "" {
		return n
	}
	return player
}

// inTag writes what a tag's value may not hold as it is.
var inTag = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ")

func appendTag(b []byte, name, value string) []byte {
	b = append(b, '[')
	b = append(b, name...)
	b = append(b, ` "`...)
	b = append(b, inTag.Replace(value)...)
	return append(b, "\"]\n"...)
}

// termination is why a game ended, in the words of the standard (section 9.8.1).
func termination(t *game.Sheet) string {
	if t.Status != game.Over {
		return "unterminated"
	}
	switch t.Result.Reason {
	case game.TimedOut, "timeout-insufficient":
		return "time forfeit"
	case game.Abandoned, game.Aborted, game.Withdrawn, game.NoStart, "paired":
		return "abandoned"
	case "ruling":
		return "adjudication"
	default:
		return "normal"
	}
}

// TimeControl is a clock in the words of the standard (section 9.6.1); a delay, for which it has none, is written like an
// increment with a d.
func TimeControl(c clock.Spec) string {
	switch c.Type {
	case clock.Fischer:
		return seconds(c.Initial) + "+" + seconds(c.Increment)
	case clock.Delay:
		return seconds(c.Initial) + "d" + seconds(c.Delay)
	case clock.Days:
		return "1/" + seconds(c.Days*clock.Day)
	default:
		return "-"
	}
}

// seconds are ms as seconds, with as many decimals as it takes.
func seconds(ms int64) string {
	return strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64)
}
