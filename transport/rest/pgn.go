package rest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
)

// pgn gives a game for other programs: GET /api/games/{game}.pgn, in the export format of the PGN standard
// (Edwards 1994), with the clock annotations of its usual extension ([%clk], [%emt]). Kinds of game without algebraic
// notation have none.
func (a *api) pgn(w http.ResponseWriter, r *http.Request, v sight) error {
	s := v.shown
	if len(s.Seats) != 2 {
		return domain.Refuse(domain.NotFound, "games of this kind have no PGN")
	}
	sheet := scoreSheet{to: v.lines(), hasClock: s.Setup.Clock.Type != clock.None}
	err := a.History.Steps(r.Context(), s.ID, 0, s.Version, func(step game.Step) bool {
		sheet.write(step)
		return true
	})
	if err != nil {
		return err
	}
	if sheet.foreign {
		return domain.Refuse(domain.NotFound, "games of this kind have no PGN")
	}
	b := a.appendTags(make([]byte, 0, 1024+48*len(sheet.plies)), s, &sheet)
	b = append(b, '\n')
	b = appendMovetext(b, &sheet, firstPly(s.Setup.Setup), score(s))
	w.Header().Set("Content-Type", "application/x-chess-pgn; charset=utf-8")
	_, _ = w.Write(b)
	return nil
}

// scoreSheet is what is written down of a game's moves.
type scoreSheet struct {
	to       game.Audience
	hasClock bool
	plies    []ply
	started  int64 // Unix ms; 0 = not yet
	foreign  bool  // a move has no algebraic notation
}

// ply is one move: how it is written, how long it took, and what its seat had left; the last two in ms.
type ply struct {
	san          string
	elapsed, clk int64
}

// write takes one event down.
func (t *scoreSheet) write(step game.Step) {
	switch e := step.Event.(type) {
	case game.Started:
		t.started = step.Meta.At
	case game.MovePlayed:
		var x struct {
			SAN string `json:"san"`
		}
		if board, ok := step.After.Board.(game.Extras); ok {
			_ = json.Unmarshal(board.Extras(step.Before.Board, e.M, t.to), &x) // no san = foreign
		}
		t.foreign = t.foreign || x.SAN == ""
		t.plies = append(t.plies, ply{san: x.SAN, elapsed: e.Elapsed, clk: e.Left[e.Seat]})
	case game.TakenBack:
		t.plies = t.plies[:max(0, len(t.plies)-e.Plies)]
	}
}

// appendTags adds the seven tags that every game has, and then ours in the order of their names.
func (a *api) appendTags(b []byte, s *game.State, sheet *scoreSheet) []byte {
	began := sheet.started
	if began == 0 {
		began = s.At
	}
	at := time.UnixMilli(began).UTC()
	event := "casual game"
	if s.Setup.Rated {
		event = "rated game"
	}
	result := score(s)
	b = appendTag(b, "Event", event)
	b = appendTag(b, "Site", "/watch/"+s.ID)
	b = appendTag(b, "Date", at.Format("2006.01.02"))
	b = appendTag(b, "Round", "-")
	b = appendTag(b, "White", a.called(s.Seats[0]))
	b = appendTag(b, "Black", a.called(s.Seats[1]))
	b = appendTag(b, "Result", result)
	if s.Seats[1].Rating > 0 {
		b = appendTag(b, "BlackElo", strconv.Itoa(s.Seats[1].Rating))
	}
	if fen := startFEN(s.Setup.Setup); fen != "" {
		b = appendTag(b, "FEN", fen)
	}
	b = appendTag(b, "GameId", s.ID)
	if s.Status == game.Over {
		b = appendTag(b, "PlyChain", s.Chain.String())
		b = appendTag(b, "PlyReason", s.Result.Reason)
	}
	if startFEN(s.Setup.Setup) != "" {
		b = appendTag(b, "SetUp", "1")
	}
	b = appendTag(b, "Termination", termination(s))
	b = appendTag(b, "TimeControl", timeControl(s.Setup.Clock))
	b = appendTag(b, "UTCDate", at.Format("2006.01.02"))
	b = appendTag(b, "UTCTime", at.Format("15:04:05"))
	if s.Seats[0].Rating > 0 {
		b = appendTag(b, "WhiteElo", strconv.Itoa(s.Seats[0].Rating))
	}
	return b
}

// called is what a place's player is called: the name, else the id, "?" if nobody sits there.
func (a *api) called(p game.Place) string {
	if p.Player == "" {
		return "?"
	}
	if name := a.name(p.Player); name != "" {
		return name
	}
	return p.Player
}

func appendTag(b []byte, name, value string) []byte {
	b = append(b, '[')
	b = append(b, name...)
	b = append(b, ` "`...)
	b = append(b, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ").Replace(value)...)
	return append(b, "\"]\n"...)
}

// score is how a game ended, from the first seat's side.
func score(s *game.State) string {
	if s.Status != game.Over || len(s.Result.Scores) == 0 {
		return "*"
	}
	switch first, second := s.Result.Scores[s.Seats[0].Seat], s.Result.Scores[s.Seats[1].Seat]; {
	case first > second:
		return "1-0"
	case first < second:
		return "0-1"
	default:
		return "1/2-1/2"
	}
}

// termination is why a game ended, in the words of the standard (section 9.8.1).
func termination(s *game.State) string {
	if s.Status != game.Over {
		return "unterminated"
	}
	switch s.Result.Reason {
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

// timeControl is a clock in the words of the standard (section 9.6.1); a delay, for which it has none, is written like an
// increment with a d.
func timeControl(c clock.Spec) string {
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
