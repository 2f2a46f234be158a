package rest

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/transport/wire"
)

// failure is a refusal with what HTTP adds to it.
type failure struct {
	err    error
	id     string // of the command, to be echoed; empty = none
	status int    // 0 = as the table of errors says
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// about names the command that an error is about.
func about(id string, err error) error {
	if err == nil || id == "" {
		return err
	}
	return &failure{err: err, id: id}
}

// handle makes a handler of an action: errors become error objects, and so do panics, which are our mistakes and must
// not look like a broken line.
func handle(do action, log *slog.Logger, seen Observer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler: // on purpose: an answer that can't be finished must not look finished
				panic(p)
			default:
				log.Error("panic in a route", "route", r.Pattern, "panic", p, "stack", string(debug.Stack()))
				refuse(w, seen, &failure{err: &domain.Error{Kind: domain.Internal, Message: "internal error"}})
			}
		}()
		err := do(w, r)
		if err == nil {
			return
		}
		f := &failure{}
		if !errors.As(err, &f) {
			f = &failure{err: err}
		}
		var known *domain.Error
		if !errors.As(f.err, &known) {
			known = &domain.Error{Kind: domain.Internal, Message: "internal error", Err: f.err}
		}
		if known.Kind == domain.Internal {
			log.Error("route failed", "route", r.Pattern, "err", known)
		}
		refuse(w, seen, &failure{err: known, id: f.id, status: f.status})
	})
}

// refuse writes an error object. f.err is a *domain.Error.
func refuse(w http.ResponseWriter, seen Observer, f *failure) {
	var e *domain.Error
	errors.As(f.err, &e)
	status := f.status
	if status == 0 {
		status = wire.Status(e.Kind)
	}
	seen.Refused(status, string(e.Kind))
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if wire.Retry(e) {
			w.Header().Set("Retry-After", strconv.FormatInt(max(1, (e.After+999)/1000), 10))
		}
	}
	line(w, status, wire.Error(f.id, e))
}

// reply writes a value as JSON.
func reply(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	line(w, status, body)
	return nil
}

// line writes what is JSON already.
func line(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Nobody to tell if the reader has gone.
	_, _ = w.Write(append(body, '\n'))
}
