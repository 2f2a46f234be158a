package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Error is a refusal by the server: the error object of protocol.md section 8.
type Error struct {
	Status  int    `json:"-"` // HTTP status; 0 = it came over a socket
	ID      string `json:"id"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Retry   bool   `json:"retry"`
	After   int64  `json:"after"` // ms until it may be tried again
	V       uint64 `json:"v"`     // the game's version now
	Reason  string `json:"reason"`
	Winner  string `json:"winner"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Is makes errors.Is compare codes: errors.Is(err, &client.Error{Code: "illegal_move"}).
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// again tells whether the same object is to be sent again until the answer is another one (section 11, rule 5).
// too_early is not among them: it answers the question, the person may ask again later.
func (e *Error) again() bool {
	switch e.Code {
	case "unknown", "busy", "unavailable", "rate_limited", "internal":
		return e.Retry
	}
	return false
}

// pause is how long to wait before that.
func (e *Error) pause() time.Duration {
	if e.After > 0 {
		return time.Duration(e.After) * time.Millisecond
	}
	return 500 * time.Millisecond
}

// refusalOf reads the body of an HTTP answer that is no success. Something between us and the server may have answered
// in its own words: a 429 or 5xx of a proxy is worth another try.
func refusalOf(status int, body []byte) *Error {
	e := &Error{}
	if json.Unmarshal(body, e) != nil || e.Code == "" {
		e = &Error{Code: "unavailable", Message: http.StatusText(status), Retry: true}
		if status < 500 && status != http.StatusTooManyRequests {
			e.Code, e.Retry = "http", false
		}
	}
	e.Status = status
	return e
}

// Stopped is why a session ended for good. A command that was unanswered then may or may not have been done; the
// same id over HTTP (Client.Command) tells.
type Stopped struct {
	Code   int    // WebSocket close code; 0 = closed by ourselves, or the handshake was refused
	Reason string // the server's words
	Err    error  // cause, if any
}

func (s *Stopped) Error() string {
	if s.Err != nil {
		return fmt.Sprintf("session stopped: %s: %v", s.Reason, s.Err)
	}
	return fmt.Sprintf("session stopped: %d %s", s.Code, s.Reason)
}

// Unwrap gives the cause.
func (s *Stopped) Unwrap() error { return s.Err }
