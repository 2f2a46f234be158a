package rest

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/transport/wire"
)

// bodyTime is how long a body may take to arrive.
const bodyTime = 5 * time.Second

// readBody reads a request's body of at most wire.MaxMessage bytes.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	conn := http.NewResponseController(w)
	// Recorders in tests have no deadlines, servers do.
	if err := conn.SetReadDeadline(time.Now().Add(bodyTime)); err == nil {
		// The server keeps reading behind the body to notice that the client has gone; that must not time out.
		defer func() { _ = conn.SetReadDeadline(time.Time{}) }()
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, wire.MaxMessage+1))
	if err != nil {
		return nil, domain.Refuse(domain.BadMessage, "the body did not arrive")
	}
	if len(body) > wire.MaxMessage {
		w.Header().Set("Connection", "close") // the rest is not read
		return nil, &failure{status: http.StatusRequestEntityTooLarge,
			err: domain.Refuse(domain.BadMessage, "at most %d bytes", wire.MaxMessage)}
	}
	return body, nil
}

// idempotencyKey is the header that may stand for a body's id; empty = none.
func idempotencyKey(r *http.Request) (string, error) {
	switch keys := r.Header.Values("Idempotency-Key"); {
	case len(keys) == 0:
		return "", nil
	case len(keys) > 1 || keys[0] == "":
		return "", domain.Refuse(domain.BadMessage, "one Idempotency-Key, and not an empty one")
	default:
		return keys[0], nil
	}
}

// commandID is the id of a command that is not one of wire's: in the body, in the header, or the same in both. It is
// judged last: that a field is out of range matters less than that one is missing.
func commandID(r *http.Request, f *wire.Fields) (string, *domain.Error) {
	key, err := idempotencyKey(r)
	if err != nil {
		var refusal *domain.Error
		errors.As(err, &refusal)
		return "", refusal
	}
	id, inBody := f.Text("id")
	switch {
	case inBody && key != "" && id != key:
		return "", domain.Refuse(domain.BadMessage, "Idempotency-Key and id differ")
	case !inBody && key == "":
		return "", domain.Refuse(domain.BadMessage, "id is required")
	case !inBody:
		id = key
	}
	return id, nil
}

func checkID(id string) error {
	if !wire.GoodID(id) {
		return domain.Refuse(domain.InvalidField, "id must be 1 to 64 of A-Z a-z 0-9 _ -")
	}
	return nil
}

// echo is the id that an answer to this request may repeat.
func echo(r *http.Request, body []byte) string {
	if id := wire.EchoID(body); id != "" {
		return id
	}
	key, err := idempotencyKey(r)
	if err != nil || !wire.GoodID(key) || wire.HasMember(body, "id") {
		return ""
	}
	return key
}
