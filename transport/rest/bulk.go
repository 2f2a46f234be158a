package rest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/wire"
)

// Bulk reads all of history. Safe for concurrent use; refusals are *domain.Error.
type Bulk interface {
	// Feed calls see with every step of every game behind a position, in the store's order, up to the newest; if it
	// follows also with those to come, until ctx ends. Between batches it calls flush. Their errors end it.
	Feed(ctx context.Context, after event.Position, follow bool, see func(event.Position, game.Step) error, flush func() error) error
	// Export writes games in a format: pgn, ndjson or parquet.
	Export(ctx context.Context, format string, which ExportQuery, to io.Writer) error
}

// ExportQuery says which games are exported.
type ExportQuery struct {
	Since, Until int64 // Unix ms of creation: from Since on, before Until; 0 = open
	Player, Kind string
	Public       bool  // only what anybody may see at Now
	Now          int64 // Unix ms
}

// exportTypes are the formats and their types.
var exportTypes = map[string]string{
	"pgn": "application/x-chess-pgn; charset=utf-8", "ndjson": "application/x-ndjson", "parquet": "application/vnd.apache.parquet",
}

// Limits of what reads all of history. A reader that takes nothing for patience is cut; it comes back with its last
// position. Who comes too many is told to come back after retryAfter ms.
const (
	maxFeeds   = 16
	maxExports = 2
	patience   = time.Minute
	retryAfter = 1000
)

// slots bound how many do something at once.
type slots chan struct{}

func (s slots) enter() error {
	select {
	case s <- struct{}{}:
		return nil
	default:
		return &domain.Error{Kind: domain.Busy, Message: "as many as this server serves at once are being served", After: retryAfter}
	}
}

func (s slots) leave() { <-s }

// flow is an answer without an end in sight: each flush has its own deadline, and the request's does not count. For one
// goroutine at a time.
type flow struct {
	*bufio.Writer
	control  *http.ResponseController
	begun    bool
	to       http.ResponseWriter
	patience time.Duration
}

func (a *api) newFlow(w http.ResponseWriter) *flow {
	f := &flow{control: http.NewResponseController(w), to: w, patience: a.Patience}
	_ = f.control.SetReadDeadline(time.Time{}) // a writer in a test has none
	f.Writer = bufio.NewWriterSize(out{f}, 64<<10)
	return f
}

// out moves the deadline with each write.
type out struct{ *flow }

func (o out) Write(b []byte) (int, error) {
	o.begun = true
	_ = o.control.SetWriteDeadline(time.Now().Add(o.patience))
	return o.to.Write(b)
}

// push sends what has been written so far.
func (f *flow) push() error {
	if err := f.Flush(); err != nil {
		return err
	}
	_ = f.control.SetWriteDeadline(time.Now().Add(f.patience))
	if err := f.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// end is what becomes of an answer that broke off.
func (a *api) end(f *flow, what string, err error) error {
	if err == nil || !f.begun && f.Buffered() == 0 {
		return err
	}
	// Half an answer must not look like a whole one.
	a.Observer.Cut(what)
	a.Log.Info("an answer broke off", "what", what, "err", err)
	panic(http.ErrAbortHandler)
}

// errEnough ends a feed that has given all that was asked for.
var errEnough = errors.New("enough")

// feed gives the lines of all games in the order of the store: GET /api/events?after=&limit=&follow=.
func (a *api) feed(w http.ResponseWriter, r *http.Request) error {
	p, err := a.person(r)
	if err == nil && !p.Can(auth.ScopeReadAll) {
		err = domain.Refuse(domain.Forbidden, "the token is not for reading everything")
	}
	if err != nil {
		return err
	}
	q := r.URL.Query()
	after, _, err1 := queryText(q, "after")
	limit, limited, err2 := queryVersion(q, "limit")
	follow, err3 := queryFlag(q, "follow")
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	if limited && limit == 0 {
		return garbage("limit")
	}
	if err := a.feeds.enter(); err != nil {
		return err
	}
	defer a.feeds.leave()
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	defer context.AfterFunc(a.Health.Leaving(), stop)()

	w.Header().Set("Content-Type", "application/x-ndjson")
	f := a.newFlow(w)
	if follow {
		// The reader is answered before there is something to read, and so its position is looked at before.
		err := a.Bulk.Feed(ctx, event.Position(after), false, func(event.Position, game.Step) error { return errEnough },
			func() error { return nil })
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
		w.WriteHeader(http.StatusOK)
		f.begun = true
		if err := f.push(); err != nil {
			return a.end(f, "feed", err)
		}
	}
	pulse := &pulse{flow: f, last: after}
	if follow {
		defer pulse.start(a.Heartbeat, stop)()
	}
	see := func(at event.Position, step game.Step) error {
		line := wire.WithPosition(a.Encoder.Line(step, game.Everyone), step.After.ID, string(at))
		if err := pulse.write(append(line, '\n'), string(at)); err != nil {
			return err
		}
		if limit--; limited && limit == 0 {
			return errEnough
		}
		return nil
	}
	err = a.Bulk.Feed(ctx, event.Position(after), follow, see, pulse.push)
	pulse.end()
	if errors.Is(err, errEnough) || follow && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = f.push() // every line is whole: the reader goes on from the last one
	}
	return a.end(f, "feed", err)
}

// export gives many games as one file: GET /api/export/games.{pgn,ndjson,parquet}?since=&until=&player=&kind=. Who may
// not read everything gets the games that are listed, as anybody may see them.
func (a *api) export(format string) action {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := a.person(r)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		which := ExportQuery{Public: !p.Can(auth.ScopeReadAll), Now: a.Now().UnixMilli()}
		var errs [4]error
		which.Since, errs[0] = queryMoment(q, "since")
		which.Until, errs[1] = queryMoment(q, "until")
		which.Player, _, errs[2] = queryText(q, "player")
		which.Kind, _, errs[3] = queryText(q, "kind")
		if err := errors.Join(errs[:]...); err != nil {
			return err
		}
		if err := a.exports.enter(); err != nil {
			return err
		}
		defer a.exports.leave()
		w.Header().Set("Content-Type", exportTypes[format])
		w.Header().Set("Content-Disposition", `attachment; filename="games.`+format+`"`)
		f := a.newFlow(w)
		err = a.Bulk.Export(r.Context(), format, which, f)
		if err == nil {
			err = f.push()
		}
		return a.end(f, "export", err)
	}
}

// queryFlag reads true or false; absent = false.
func queryFlag(q url.Values, name string) (bool, error) {
	text, given, err := queryText(q, name)
	switch {
	case err != nil:
		return false, err
	case !given || text == "false":
		return false, nil
	case text == "true":
		return true, nil
	default:
		return false, domain.Refuse(domain.InvalidField, "%s must be true or false", name)
	}
}

// queryMoment reads a time of day: Unix ms, a date, or RFC 3339. 0 = none is given.
func queryMoment(q url.Values, name string) (int64, error) {
	text, given, err := queryText(q, name)
	if err != nil || !given {
		return 0, err
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return ms, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UnixMilli(), nil
		}
	}
	return 0, domain.Refuse(domain.InvalidField, "%s must be Unix ms, a date such as 2026-01-31, or RFC 3339", name)
}
