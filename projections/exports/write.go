package exports

import (
	"bufio"
	"context"
	"encoding/json"
	"io"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/games/chess/pgn"
)

// Format is a kind of file. Formats are plain values.
type Format struct {
	Name string // also the end of file names
	MIME string
	Text func(s *Source) Text // nil: the writer makes everything of the row
	// New begins a file, or goes on with one that has offset bytes already and whose last Cut gave state.
	New func(w io.Writer, offset int64, state []byte) (Writer, error)
}

// Writer writes games in one format. It is for one goroutine.
type Writer interface {
	// Add takes a game. Nothing of it is kept by reference.
	Add(g *Game) error
	// Cut writes out all that was added. The file so far, its length and the state are enough to go on later.
	Cut() (state []byte, err error)
	// Close writes out the rest and what belongs at the end of a whole file. Nothing may follow.
	Close() error
}

// PGN is games of kinds that have algebraic notation, an empty line between them.
var PGN = Format{
	Name: "pgn", MIME: "application/x-chess-pgn; charset=utf-8", New: newLines,
	Text: func(s *Source) Text {
		return func(g *Game) []byte {
			b, ok := pgn.Append(g.Text[:0], g.Sheet, s.Name)
			if !ok {
				return nil
			}
			return append(b, '\n')
		}
	},
}

// NDJSON is one Row a line.
var NDJSON = Format{
	Name: "ndjson", MIME: "application/x-ndjson", New: newLines,
	Text: func(*Source) Text {
		return func(g *Game) []byte {
			line, err := json.Marshal(&g.Row)
			if err != nil { // texts and numbers always marshal
				return nil
			}
			return append(line, '\n')
		}
	},
}

// lines writes texts one after the other.
type lines struct{ *bufio.Writer }

func newLines(w io.Writer, _ int64, _ []byte) (Writer, error) {
	return lines{bufio.NewWriterSize(w, 256<<10)}, nil
}

func (l lines) Add(g *Game) error {
	_, err := l.Write(g.Text)
	return err
}

func (l lines) Cut() ([]byte, error) { return nil, l.Flush() }
func (l lines) Close() error         { return l.Flush() }

// Tally is how much was written.
type Tally struct {
	Games int64          `json:"games"`
	Plies int64          `json:"plies"`
	After event.Position `json:"after"` // position of the last game's first event
	Game  string         `json:"game"`  // the last game
}

// What is added between two cuts. They depend on the games alone, so that a run that was interrupted cuts where one that
// was not does.
const (
	cutPlies = 1 << 17
	cutGames = 1 << 14
)

// Write writes the games after done.After with a writer of a format. seen is called after each game, cut after each cut of
// the writer, with what is in the file by then; their errors end the export. The writer is left open.
func (s *Source) Write(ctx context.Context, f Format, w Writer, sel Selection, done Tally, seen func(Tally) error,
	cut func(at Tally, state []byte) error,
) (Tally, error) {
	var text Text
	if f.Text != nil {
		text = f.Text(s)
	}
	last := done
	for g, err := range s.Games(ctx, done.After, sel, text) {
		if err == nil {
			err = w.Add(g)
		}
		if err != nil {
			return done, err
		}
		done.Games++
		done.Plies += int64(len(g.Sheet.Plies))
		done.After, done.Game = g.At, g.Sheet.ID
		if err := seen(done); err != nil {
			return done, err
		}
		if done.Plies-last.Plies < cutPlies && done.Games-last.Games < cutGames {
			continue
		}
		last = done
		state, err := w.Cut()
		if err == nil {
			err = cut(done, state)
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
