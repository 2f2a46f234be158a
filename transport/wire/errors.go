package wire

import (
	"net/http"

	"github.com/plygames/ply/domain"
)

// refusal is what the edge says about one kind of refusal.
type refusal struct {
	status int
	retry  bool // the same object, unchanged, may be sent again
}

// refusals is the one table of section 8: every kind there is, and what it means to a client. The code on the wire is
// the kind itself. too_early is the exception of its row: see Retry.
var refusals = map[domain.Kind]refusal{
	domain.BadMessage:      {http.StatusBadRequest, false},
	domain.UnknownType:     {http.StatusBadRequest, false},
	domain.InvalidField:    {http.StatusUnprocessableEntity, false},
	domain.Unauthorized:    {http.StatusUnauthorized, false},
	domain.Forbidden:       {http.StatusForbidden, false},
	domain.NotFound:        {http.StatusNotFound, false},
	domain.NotAPlayer:      {http.StatusForbidden, false},
	domain.GameFull:        {http.StatusConflict, false},
	domain.AlreadyJoined:   {http.StatusConflict, false},
	domain.NotStarted:      {http.StatusConflict, false},
	domain.GameOver:        {http.StatusConflict, false},
	domain.NotYourTurn:     {http.StatusConflict, false},
	domain.IllegalMove:     {http.StatusUnprocessableEntity, false},
	domain.NoOffer:         {http.StatusConflict, false},
	domain.TooEarly:        {http.StatusConflict, true},
	domain.VersionConflict: {http.StatusConflict, false},
	domain.CommandIDReused: {http.StatusConflict, false},
	domain.RateLimited:     {http.StatusTooManyRequests, true},
	domain.QuotaExceeded:   {http.StatusTooManyRequests, false},
	domain.Busy:            {http.StatusServiceUnavailable, true},
	domain.Unavailable:     {http.StatusServiceUnavailable, true},
	domain.Unknown:         {http.StatusGatewayTimeout, true},
	domain.Internal:        {http.StatusInternalServerError, true},
}

// hidden is the text of both not_found and forbidden, so that nobody learns from it whether a thing exists.
const hidden = "no such thing, or not for you"

// Status is the HTTP status of a kind of refusal; 500 for one that the table does not know.
func Status(k domain.Kind) int {
	if r, ok := refusals[k]; ok {
		return r.status
	}
	return http.StatusInternalServerError
}

// Retry tells whether the same object, unchanged, may be sent again. What comes too early may only be if it is known
// when it no longer does.
func Retry(e *domain.Error) bool {
	if e.Kind == domain.TooEarly {
		return e.After > 0
	}
	return refusals[e.Kind].retry
}

// Kinds lists every code that a client can meet, in no particular order.
func Kinds() []domain.Kind {
	kinds := make([]domain.Kind, 0, len(refusals))
	for k := range refusals {
		kinds = append(kinds, k)
	}
	return kinds
}

// text is the message that people see for a refusal.
func text(e *domain.Error) string {
	switch e.Kind {
	case domain.NotFound, domain.Forbidden:
		return hidden
	default:
		return e.Message
	}
}
