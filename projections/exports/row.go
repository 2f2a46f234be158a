package exports

import (
	"encoding/json"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// Row is one game as analysts get it: one object in NDJSON, one row in Parquet. Lists about seats are in the order of
// Seats (chess: white, black), lists about moves in the order of play; moves that were taken back are in none. Times of day
// are Unix ms (TIMESTAMP in Parquet), durations ms. What is not known is absent in NDJSON and NULL or empty in Parquet.
type Row struct {
	Game    string `json:"game" parquet:"game"`                 // id
	Kind    string `json:"kind" parquet:"kind,dict"`            // "chess"
	Status  string `json:"status" parquet:"status,dict"`        // open, ready, live, ended
	Version int64  `json:"version" parquet:"version"`           // number of events
	Created int64  `json:"created" parquet:"created,timestamp"` // when the game was created
	Started int64  `json:"started,omitempty" parquet:"started,optional,timestamp"`
	Ended   int64  `json:"ended,omitempty" parquet:"ended,optional,timestamp"`

	Rated       bool   `json:"rated" parquet:"rated"`
	Clock       string `json:"clock" parquet:"clock,dict"`           // none, fischer, delay, days
	InitialMS   int64  `json:"initial_ms" parquet:"initial_ms"`      // 0 without a live clock
	IncrementMS int64  `json:"increment_ms" parquet:"increment_ms"`  // fischer
	DelayMS     int64  `json:"delay_ms" parquet:"delay_ms"`          // delay
	Days        int64  `json:"days" parquet:"days"`                  // days
	Setup       string `json:"setup,omitempty" parquet:"setup,dict"` // JSON of the game's own; "" = standard
	Parent      string `json:"parent,omitempty" parquet:"parent"`    // the game that this is the rematch of

	Seats   []string `json:"seats" parquet:"seats,list" parquet-element:",dict"`
	Players []string `json:"players" parquet:"players,list" parquet-element:",dict"` // ids; "" = nobody
	Names   []string `json:"names" parquet:"names,list" parquet-element:",dict"`     // at the time of the export; "" = none
	Ratings []int32  `json:"ratings" parquet:"ratings,list"`                         // before the game; 0 = none
	Scores  []int32  `json:"scores" parquet:"scores,list"`                           // halves (2 = win, 1 = draw); empty = none

	Result string `json:"result" parquet:"result,dict"`           // 1-0, 0-1, 1/2-1/2 or *
	Winner string `json:"winner,omitempty" parquet:"winner,dict"` // seat
	Reason string `json:"reason,omitempty" parquet:"reason,dict"` // why it ended: mate, resign, ...
	Chain  string `json:"chain,omitempty" parquet:"chain"`        // head of the hash chain, of ended games

	Plies     int32    `json:"plies" parquet:"plies"`                                // number of moves
	Moves     []string `json:"moves" parquet:"moves,list" parquet-element:",dict"`   // chess: UCI; else the move's JSON
	Movers    []int32  `json:"movers" parquet:"movers,list" parquet-element:",dict"` // index in seats
	ElapsedMS []int64  `json:"elapsed_ms" parquet:"elapsed_ms,list"`                 // how long each move took
	LeftMS    []int64  `json:"left_ms" parquet:"left_ms,list"`                       // what the mover had left; empty without a clock
}

// fill makes the row of a sheet. name tells what a player is called.
func (r *Row) fill(t *game.Sheet, name func(string) string) {
	c := &t.Created
	*r = Row{
		Game: t.ID, Kind: c.Kind, Status: string(t.Status), Version: int64(t.Version), Created: t.CreatedAt, Rated: c.Rated,
		Clock: c.Clock.Type, InitialMS: c.Clock.Initial, IncrementMS: c.Clock.Increment, DelayMS: c.Clock.Delay, Days: c.Clock.Days,
		Setup: string(c.Setup), Parent: c.Parent, Result: t.Score(), Winner: string(t.Result.Winner), Reason: t.Result.Reason,
		Plies: int32(len(t.Plies)),
		Seats: r.Seats[:0], Players: r.Players[:0], Names: r.Names[:0], Ratings: r.Ratings[:0], Scores: r.Scores[:0],
		Moves: r.Moves[:0], Movers: r.Movers[:0], ElapsedMS: r.ElapsedMS[:0], LeftMS: r.LeftMS[:0],
	}
	r.Started, r.Ended = t.StartedAt, t.EndedAt
	if t.Status == game.Over {
		r.Chain = t.Chain.String()
	}
	for i := range t.Seats {
		p := &t.Seats[i]
		r.Seats, r.Players, r.Ratings = append(r.Seats, string(p.Seat)), append(r.Players, p.Player), append(r.Ratings, int32(p.Rating))
		called := ""
		if p.Player != "" {
			called = name(p.Player)
		}
		r.Names = append(r.Names, called)
		if len(t.Result.Scores) > 0 {
			r.Scores = append(r.Scores, int32(t.Result.Scores[p.Seat]))
		}
	}
	timed := c.Clock.Full() > 0
	for i := range t.Plies {
		p := &t.Plies[i]
		r.Moves, r.ElapsedMS = append(r.Moves, plain(p.M)), append(r.ElapsedMS, p.Elapsed)
		r.Movers = append(r.Movers, mover(t.Seats, p.Seat))
		if timed {
			r.LeftMS = append(r.LeftMS, p.Left)
		}
	}
}

func mover(seats []game.Place, seat game.Seat) int32 {
	for i := range seats {
		if seats[i].Seat == seat {
			return int32(i)
		}
	}
	return -1
}

// plain is a move that is a text as that text, any other as its JSON; "" if it is hidden.
func plain(m json.RawMessage) string {
	if n := len(m); n >= 2 && m[0] == '"' {
		for _, c := range m[1 : n-1] {
			if c < ' ' || c > '~' || c == '\\' {
				var s string
				if json.Unmarshal(m, &s) == nil {
					return s
				}
				return string(m)
			}
		}
		return string(m[1 : n-1])
	}
	return string(m)
}

// Game is one game of an export.
type Game struct {
	At    event.Position // of its first event; the export goes on after it
	Row   Row
	Sheet *game.Sheet
	Text  []byte // what Format.Text made of it
}
