package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/plygames/ply/infra/app"
	"github.com/plygames/ply/infra/logging"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/fold"
)

type rebuildCommand struct {
	Data  string   `env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"Data folder that holds the views. A server may be using it: then that one does the work."`
	Store string   `env:"PLY_STORE" default:"embedded" placeholder:"STORE" help:"The store that the views are folded from, if servers share one. Not used if a server is running."`
	Views []string `arg:"" name:"view" help:"Views to rebuild, or all."`
}

func (c *rebuildCommand) check() error {
	_, err := chosen(c.Views)
	return err
}

// chosen are the views that were asked for, each once.
func chosen(asked []string) ([]string, error) {
	known := app.ViewNames()
	var names []string
	for _, name := range asked {
		switch {
		case name == "all":
			return known, nil
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("there is no view %q: name one of %s, or all", name, strings.Join(known, ", "))
		case !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return names, nil
}

// Run rebuilds one view after the other. Stopped anywhere, it can be run again and goes on from there.
func (c *rebuildCommand) Run(s streams) error {
	names, err := chosen(c.Views)
	if err != nil {
		return errUsage{err}
	}
	work := foldingWork{verb: "rebuilding", path: app.RebuildPath, do: (*fold.Fold).Rebuild}
	results, err := work.run(s, c.Data, c.Store, names)
	for _, r := range results {
		fmt.Fprintf(s.out, "%s: rebuilt from %d events%s: %s\n", r.View, r.Events, parkedOf(r), compared(r, "the rows that it replaces"))
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("stopped; the same command goes on from here")
	}
	return err
}

// verifyViews refolds all views and fails if one is not what the events say.
func verifyViews(s streams, data, store string) error {
	work := foldingWork{verb: "verifying", path: app.VerifyPath, do: (*fold.Fold).Verify}
	results, err := work.run(s, data, store, app.ViewNames())
	if err != nil {
		return err
	}
	wrong := 0
	for _, r := range results {
		fmt.Fprintf(s.out, "%s: refolded %d events%s: %s\n", r.View, r.Events, parkedOf(r), compared(r, "the stored rows"))
		if r.Compared && !r.Equal() || !r.Compared && r.Events > 0 {
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d views are not what the events say, see above; `ply rebuild` makes them so", wrong)
	}
	return nil
}

func parkedOf(r fold.Result) string {
	if r.Parked == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d of them are parked)", r.Parked)
}

func compared(r fold.Result, with string) string {
	switch {
	case !r.Compared:
		return fmt.Sprintf("not compared with %s, because %s", with, r.Reason)
	case r.Equal():
		return fmt.Sprintf("equal to %s, checksum %.16s", with, r.New)
	default:
		return fmt.Sprintf("%d rows differ from %s; the first keys are %q", r.Rows, with, r.Keys)
	}
}

// foldingWork is what is done to views: by the server that has the data folder, or here if none has.
type foldingWork struct {
	verb string
	path func(view string) string
	do   func(*fold.Fold, context.Context, func(fold.Progress)) (fold.Result, error)
}

// run ends early, and in order, when an operator interrupts it. It gives the results that it has, also with an error.
func (w foldingWork) run(s streams, data, store string, names []string) ([]fold.Result, error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	local, err := openStore(data)
	if errors.Is(err, pebble.ErrInUse) {
		return w.ask(ctx, s, data, names)
	}
	if err != nil {
		return nil, err
	}
	results, err := w.offline(ctx, s, local, store, names)
	return results, errors.Join(err, local.Close())
}

// offline does the work in a data folder that no server has.
func (w foldingWork) offline(ctx context.Context, s streams, local *pebble.Store, store string, names []string) ([]fold.Result, error) {
	var log projections.Log = local
	if store != "embedded" {
		shared, err := openShared(ctx, store)
		if err != nil {
			return nil, err
		}
		defer func() { _ = shared.Close() }() // never fails
		log = shared
	} else if head, err := local.Head(ctx); err != nil || head == "" {
		return nil, errors.Join(err, errors.New("the data folder holds no games: give --store (PLY_STORE) if its server shares a store with others"))
	}
	folds, err := app.StoredFolds(local, log, version(), logging.New(s.err, slog.LevelWarn, logging.Text))
	if err != nil {
		return nil, err
	}
	var results []fold.Result
	for _, name := range names {
		for _, f := range folds {
			if f.View.Name() != name {
				continue
			}
			r, err := w.do(f, ctx, w.teller(s.err))
			if err != nil {
				return results, fmt.Errorf("view %s: %w", name, err)
			}
			results = append(results, r)
		}
	}
	return results, nil
}

// ask has the running server do the work, by its second listener. The end of ctx hangs up, which stops it.
func (w foldingWork) ask(ctx context.Context, s streams, data string, names []string) ([]fold.Result, error) {
	running, err := app.ReadRunning(data)
	if err != nil {
		return nil, fmt.Errorf("data folder %s is in use, but does not say by whom: stop that process, or try again when it has started: %w", data, err)
	}
	var results []fold.Result
	for _, name := range names {
		r, err := w.askFor(ctx, s, "http://"+running.Admin+w.path(name))
		if err != nil {
			return results, fmt.Errorf("view %s: the server with process id %d: %w", name, running.PID, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func (w foldingWork) askFor(ctx context.Context, s streams, url string) (fold.Result, error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return fold.Result{}, err
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return fold.Result{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
		return fold.Result{}, fmt.Errorf("it refused (%s): %s", answer.Status, bytes.TrimSpace(why))
	}
	tell := w.teller(s.err)
	lines := bufio.NewReader(answer.Body)
	for {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return fold.Result{}, fmt.Errorf("it hung up: %w", err)
		}
		var line app.FoldingLine
		if err := json.Unmarshal(text, &line); err != nil {
			return fold.Result{}, fmt.Errorf("its answer makes no sense: %w", err)
		}
		switch {
		case line.Error != "":
			return fold.Result{}, errors.New(line.Error)
		case line.Result != nil:
			return *line.Result, nil
		case line.Progress != nil:
			tell(*line.Progress)
		}
	}
}

// teller writes how far it is, how fast, and how long it will take: once a second, and at every new phase.
func (w foldingWork) teller(to io.Writer) func(fold.Progress) {
	var told time.Time
	var phase fold.Phase
	return func(p fold.Progress) {
		now := time.Now()
		if p.Phase == phase && now.Sub(told) < time.Second {
			return
		}
		told, phase = now, p.Phase
		line := fmt.Sprintf("%s %s: %s, %d", w.verb, p.View, p.Phase, p.Events)
		if p.Of > 0 {
			line += fmt.Sprintf(" of %d", p.Of)
		}
		line += fmt.Sprintf(" events, %.0f events/s", p.Rate)
		if p.Left > 0 {
			line += fmt.Sprintf(", %s left", time.Duration(p.Left*float64(time.Second)).Round(time.Second))
		}
		fmt.Fprintln(to, line)
	}
}
