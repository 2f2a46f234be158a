package rest

import (
	"context"
	"net/http"

	"github.com/plygames/ply/domain"
)

// Views is what an operator may see and do of the views of a server. Safe for concurrent use.
type Views interface {
	// Views tells how each view is doing.
	Views(ctx context.Context) ([]View, error)
	// Retry begins to fold a view anew if events are parked there, tells how many are, and returns at once. Refusals are
	// *domain.Error: NotFound if there is no such view, Busy if it is being folded anew already.
	Retry(ctx context.Context, view string) (parked int, err error)
}

// View is how a view is doing. Of what events say there is nothing in it.
type View struct {
	View     string         `json:"view"`
	Schema   int            `json:"schema"`
	Position string         `json:"position"`          // of the last event that was folded
	Events   *int64         `json:"events"`            // folded since the beginning; nil = unknown
	Lag      *float64       `json:"lag"`               // seconds; nil = the store does not answer
	Parked   int            `json:"parked"`            // events that could not be folded
	First    []ParkedEvent  `json:"first"`             // the first of them
	Rebuild  *ViewsProgress `json:"rebuild,omitempty"` // nil = the view is not being folded anew
}

// ParkedEvent is an event that a view could not fold.
type ParkedEvent struct {
	Position string `json:"position"`
	Stream   string `json:"stream"`
	Version  uint64 `json:"v"`
	Type     string `json:"type"`
	Error    string `json:"error"`
}

// ViewsProgress is how far a view has been folded anew.
type ViewsProgress struct {
	Phase  string  `json:"phase"`
	Events int64   `json:"events"`
	Of     int64   `json:"of"`   // 0 = unknown
	Rate   float64 `json:"rate"` // events per second
	Left   float64 `json:"left"` // seconds; 0 = unknown
}

func (d *OpsDeps) views(w http.ResponseWriter, r *http.Request) error {
	views, err := d.Views.Views(r.Context())
	if err != nil {
		return err
	}
	if views == nil {
		views = []View{}
	}
	return reply(w, http.StatusOK, struct {
		Views []View `json:"views"`
	}{views})
}

func (d *OpsDeps) retry(w http.ResponseWriter, r *http.Request) error {
	view := r.PathValue("view")
	parked, err := d.Views.Retry(r.Context(), view)
	if err != nil {
		return err
	}
	status := http.StatusAccepted
	if parked == 0 {
		status = http.StatusOK // nothing to do
	}
	return reply(w, status, struct {
		View   string `json:"view"`
		Parked int    `json:"parked"`
	}{view, parked})
}

// ErrNoView is what Views answers about a view that it does not keep.
var ErrNoView = domain.Refuse(domain.NotFound, "this server keeps no such view")

// noViews is a server that keeps none.
type noViews struct{}

func (noViews) Views(context.Context) ([]View, error) { return nil, nil }

func (noViews) Retry(context.Context, string) (int, error) { return 0, ErrNoView }
