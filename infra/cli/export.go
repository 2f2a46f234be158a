package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/parquet"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/exports"
	"github.com/plygames/ply/projections/players"
)

type exportCommand struct {
	Format string `enum:"pgn,ndjson,parquet" required:"" help:"pgn, ndjson (one game a line) or parquet (one game a row)."`
	Since  string `placeholder:"TIME" help:"Only games created then or later: 2026-01-31, 2026-01-31T18:00:00Z, or Unix ms."`
	Until  string `placeholder:"TIME" help:"Only games created before."`
	Player string `placeholder:"ID" help:"Only games in which this player sits."`
	Kind   string `placeholder:"KIND" help:"Only games of this kind, such as chess."`
	Output string `short:"o" placeholder:"FILE" help:"File to write; it appears when it is whole. An export that broke off goes on where it stood. Without it the games go to the standard output."`
	Data   string `env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"Data folder to export. No server may be using it; export a backup of a running one, or ask the server for /api/export/."`
	Store  string `env:"PLY_STORE" default:"embedded" placeholder:"STORE" help:"A shared store to export instead, such as esdb://127.0.0.1:2113?tls=false. Servers may be using it."`
}

// selection is what the flags ask for.
func (c *exportCommand) selection() (sel exports.Selection, err error) {
	since, err1 := moment("--since", c.Since)
	until, err2 := moment("--until", c.Until)
	return exports.Selection{Since: since, Until: until, Player: c.Player, Kind: c.Kind}, errors.Join(err1, err2)
}

func (c *exportCommand) check() error {
	_, err := c.selection()
	return err
}

// moment reads a time of day as Unix ms; 0 = none was given.
func moment(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return ms, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMilli(), nil
		}
	}
	return 0, fmt.Errorf("%s: %q is no time: write 2026-01-31, 2026-01-31T18:00:00Z, or Unix milliseconds", flag, text)
}

// Run exports.
func (c *exportCommand) Run(s streams) error {
	sel, err := c.selection()
	if err != nil {
		return errUsage{err}
	}
	ctx := context.Background()
	log, closing, err := c.open(ctx)
	if err != nil {
		return err
	}
	head, err := log.Head(ctx)
	if err != nil {
		return errors.Join(err, closing())
	}
	names := players.New(log, 0, slog.New(slog.DiscardHandler))
	e := &export{
		source:   &exports.Source{Log: log, Kinds: games.Kinds, Name: names.Name},
		format:   map[string]exports.Format{"pgn": exports.PGN, "ndjson": exports.NDJSON, "parquet": parquet.Format}[c.Format],
		selected: sel, head: head, progress: newProgress(s.err),
	}
	if c.Output == "" {
		err = e.stream(ctx, s.out)
	} else {
		err = e.toFile(ctx, c.Output)
	}
	e.progress.end()
	if err == nil {
		took := time.Since(e.progress.started)
		fmt.Fprintf(s.err, "exported %d games with %d moves in %s (%.0f moves/s)\n", e.done.Games, e.done.Plies,
			took.Round(time.Millisecond), float64(e.done.Plies-e.before.Plies)/took.Seconds())
	}
	return errors.Join(err, closing())
}

func (c *exportCommand) open(ctx context.Context) (projections.Log, func() error, error) {
	if c.Store != "embedded" {
		store, err := openShared(ctx, c.Store)
		if err != nil {
			return nil, nil, err
		}
		return store, store.Close, nil
	}
	store, err := openStore(c.Data)
	if err != nil {
		return nil, nil, err
	}
	return store, store.Close, nil
}

// export is one run of the command.
type export struct {
	source   *exports.Source
	format   exports.Format
	selected exports.Selection
	head     event.Position
	progress *progress

	before, done exports.Tally // before: what an earlier run had done
}

// stream writes to somewhere that can't be gone on with.
func (e *export) stream(ctx context.Context, out io.Writer) error {
	w, err := e.format.New(out, 0, nil)
	if err != nil {
		return err
	}
	e.done, err = e.source.Write(ctx, e.format, w, e.selected, e.before, e.tell, func(exports.Tally, []byte) error { return nil })
	if err != nil {
		return err
	}
	return w.Close()
}

// tell shows how far it is, how fast, and how long it may still take.
func (e *export) tell(at exports.Tally) error {
	e.progress.tell(func(elapsed time.Duration) string {
		begun, now, all := share(e.before.After), share(at.After), share(e.head)
		line := fmt.Sprintf("exporting: %s, %d games, %d moves, %.0f moves/s", percent(now, all), at.Games, at.Plies,
			float64(at.Plies-e.before.Plies)/elapsed.Seconds())
		if now > begun && all > now {
			left := time.Duration(float64(elapsed) * float64(all-now) / float64(now-begun))
			line += fmt.Sprintf(", %s left", left.Round(time.Second))
		}
		return line
	})
	return nil
}

// share makes a number of a position, for the progress line only: both stores' positions begin with 16 digits that grow.
func share(p event.Position) int64 {
	n, err := strconv.ParseInt(string(p[:min(16, len(p))]), 16, 64)
	if err != nil {
		return 0
	}
	return n
}

// errOther is a partial file that is not of this export.
var errOther = errors.New("it is of another export, or of another store")

// toFile writes beside the file and renames when all is there.
func (e *export) toFile(ctx context.Context, name string) error {
	p := partial{data: name + ".partial", state: name + ".partial.state"}
	f, at, err := p.open(e)
	if errors.Is(err, errOther) {
		return fmt.Errorf("%s can't be gone on with: %w; remove it, or choose another file", p.data, err)
	}
	if err != nil {
		return err
	}
	e.before = at.Tally
	out := &counted{File: f, n: at.Offset}
	w, err := e.format.New(out, at.Offset, at.State)
	if err == nil {
		e.done, err = e.source.Write(ctx, e.format, w, e.selected, e.before, e.tell, func(tally exports.Tally, state []byte) error {
			if err := f.Sync(); err != nil {
				return err
			}
			return p.save(e, checkpoint{Tally: tally, Offset: out.n, State: state})
		})
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(p.data, name); err != nil {
		return err
	}
	return ignoreMissing(os.Remove(p.state))
}

// counted knows how long the file is.
type counted struct {
	*os.File
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.File.Write(b)
	c.n += int64(n)
	return n, err
}
