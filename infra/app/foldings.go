package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/transport/rest"
)

// Parts of the paths below.
const (
	viewsPath   = "/admin/views/"
	rebuildPart = "/rebuild"
	verifyPart  = "/verify"
)

// RebuildPath is where the second listener rebuilds a view: it answers with one FoldingLine a line. Who hangs up stops it.
func RebuildPath(view string) string { return viewsPath + view + rebuildPart }

// VerifyPath is RebuildPath for verifying a view.
func VerifyPath(view string) string { return viewsPath + view + verifyPart }

// FoldingLine is a line of the answer to a POST to RebuildPath or VerifyPath. It has one of the three.
type FoldingLine struct {
	Progress *fold.Progress `json:"progress,omitempty"`
	Result   *fold.Result   `json:"result,omitempty"` // the last line
	Error    string         `json:"error,omitempty"`  // the last line
}

// foldings are the views that a running server folds anew because somebody asked. Nothing is begun after stop.
type foldings struct {
	folds  func() []*fold.Fold
	logger *slog.Logger

	mu      sync.Mutex
	stopped bool
	cancels map[int]context.CancelFunc
	next    int
	running sync.WaitGroup
}

var _ rest.Views = (*foldings)(nil)

// enter ties work to the life of the server; the second value ends it.
func (f *foldings) enter(parent context.Context) (context.Context, func(), error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return nil, nil, domain.Refuse(domain.Unavailable, "the server is going down")
	}
	ctx, cancel := context.WithCancel(parent)
	if f.cancels == nil {
		f.cancels = make(map[int]context.CancelFunc)
	}
	n := f.next
	f.next++
	f.cancels[n] = cancel
	f.running.Add(1)
	return ctx, func() {
		f.mu.Lock()
		delete(f.cancels, n)
		f.mu.Unlock()
		cancel()
		f.running.Done()
	}, nil
}

// stop ends everything and waits for it. More than once is harmless.
func (f *foldings) stop() {
	f.mu.Lock()
	f.stopped = true
	for _, cancel := range f.cancels {
		cancel()
	}
	f.mu.Unlock()
	f.running.Wait()
}

// find gives a view's fold, nil if there is none.
func (f *foldings) find(view string) *fold.Fold {
	for _, one := range f.folds() {
		if one.View.Name() == view {
			return one
		}
	}
	return nil
}

// parkedShown is how many parked events are shown of each view, and errorShown how much of their errors.
const (
	parkedShown = 100
	errorShown  = 300
)

// Views implements rest.Views.
func (f *foldings) Views(ctx context.Context) ([]rest.View, error) {
	var shown []rest.View
	for _, one := range f.folds() {
		s, err := one.Status(ctx)
		if err != nil {
			return nil, err
		}
		v := rest.View{
			View: s.View, Schema: s.Schema, Position: string(s.Position), Parked: len(s.Parked), First: []rest.ParkedEvent{},
		}
		if s.Events >= 0 {
			v.Events = &s.Events
		}
		if s.Lag >= 0 {
			lag := s.Lag.Seconds()
			v.Lag = &lag
		}
		for _, p := range s.Parked[:min(parkedShown, len(s.Parked))] {
			v.First = append(v.First, rest.ParkedEvent{
				Position: string(p.Position), Stream: string(p.Stream), Version: p.Version, Type: p.Type, Error: cut(p.Error),
			})
		}
		if p := s.Rebuild; p != nil {
			v.Rebuild = &rest.ViewsProgress{Phase: string(p.Phase), Events: p.Events, Of: p.Of, Rate: p.Rate, Left: p.Left}
		}
		shown = append(shown, v)
	}
	return shown, nil
}

func cut(text string) string {
	if len(text) > errorShown {
		return text[:errorShown] + "..."
	}
	return text
}

// Retry implements rest.Views.
func (f *foldings) Retry(_ context.Context, view string) (int, error) {
	one := f.find(view)
	if one == nil {
		return 0, rest.ErrNoView
	}
	parked, err := one.Parked()
	if err != nil || len(parked) == 0 {
		return 0, err
	}
	ctx, leave, err := f.enter(context.Background())
	if err != nil {
		return 0, err
	}
	began := make(chan error, 1) // the first progress, or the end
	go func() {
		defer leave()
		result, err := one.Rebuild(ctx, func(fold.Progress) {
			select {
			case began <- nil:
			default:
			}
		})
		select {
		case began <- err:
		default:
		}
		f.report("a view whose events were parked was rebuilt", result, err)
	}()
	if err := <-began; errors.Is(err, fold.ErrBusy) {
		return 0, domain.Refuse(domain.Busy, "the view is being folded anew already")
	} else if err != nil {
		return 0, err
	}
	return len(parked), nil
}

// report writes down what came out.
func (f *foldings) report(what string, r fold.Result, err error) {
	switch {
	case errors.Is(err, fold.ErrBusy):
	case err != nil:
		f.logger.Warn("a view was not folded anew to its end", "view", r.View, "error", err)
	case r.Compared && !r.Equal():
		f.logger.Warn(what+": its rows were not what the events say", "view", r.View, "position", string(r.Position),
			"differences", r.Rows, "keys", r.Keys, "parked", r.Parked)
	default:
		f.logger.Info(what, "view", r.View, "position", string(r.Position), "events", r.Events, "parked", r.Parked)
	}
}

// routes are those that ply rebuild and ply verify --views ask.
func (f *foldings) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+viewsPath+"{view}"+rebuildPart, f.serve("a view was rebuilt", (*fold.Fold).Rebuild))
	mux.HandleFunc("POST "+viewsPath+"{view}"+verifyPart, f.serve("a view was verified", (*fold.Fold).Verify))
}

func (f *foldings) serve(
	what string, do func(*fold.Fold, context.Context, func(fold.Progress)) (fold.Result, error),
) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		one := f.find(r.PathValue("view"))
		if one == nil {
			http.Error(w, "this server keeps no such view", http.StatusNotFound)
			return
		}
		ctx, leave, err := f.enter(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		defer leave()
		// The end of the time for reading a request would look as if the asker had hung up.
		answer := http.NewResponseController(w)
		if err := answer.SetReadDeadline(time.Time{}); err != nil {
			f.logger.Warn("a long answer may be cut", "error", err)
		}
		w.Header().Set("Content-Type", "application/x-ndjson")
		lines := json.NewEncoder(w)
		say := func(line FoldingLine) {
			// Who has hung up ends ctx.
			_ = lines.Encode(line)
			_ = answer.Flush()
		}
		result, err := do(one, ctx, func(p fold.Progress) { say(FoldingLine{Progress: &p}) })
		f.report(what, result, err)
		if err != nil {
			say(FoldingLine{Error: err.Error()})
			return
		}
		say(FoldingLine{Result: &result})
	}
}
