package domain

import "fmt"

// Kind names a way in which a wish can be refused. Kinds are stable: the edges map them to wire codes in
// one table each.
type Kind string

// The kinds of refusal. Retry semantics belong to the edge's table.
const (
	BadMessage      Kind = "bad_message"       // not of the form that its type asks for
	UnknownType     Kind = "unknown_type"      // no such command
	InvalidField    Kind = "invalid_field"     // well-formed, but a value is out of range
	Unauthorized    Kind = "unauthorized"      // nobody, or somebody we can't believe
	Forbidden       Kind = "forbidden"         // somebody, but not allowed
	NotFound        Kind = "not_found"         // no such thing, or none that this person may know of
	NotAPlayer      Kind = "not_a_player"      // this person has no seat in this game
	GameFull        Kind = "game_full"         // the seat is taken
	AlreadyJoined   Kind = "already_joined"    // this person sits there already
	NotStarted      Kind = "not_started"       // the game is not that far yet
	GameOver        Kind = "game_over"         // the game has ended
	NotYourTurn     Kind = "not_your_turn"     // another seat moves
	IllegalMove     Kind = "illegal_move"      // the rules forbid it
	NoOffer         Kind = "no_offer"          // nothing stands that could be answered
	TooEarly        Kind = "too_early"         // not yet; After says when, if that can be known
	VersionConflict Kind = "version_conflict"  // made from a version that is too old, or ahead of the game
	CommandIDReused Kind = "command_id_reused" // the same id with other content
	RateLimited     Kind = "rate_limited"      // too many in too short a time
	QuotaExceeded   Kind = "quota_exceeded"    // too many at once
	Busy            Kind = "busy"              // too many commands wait on this game
	Unavailable     Kind = "unavailable"       // definitely not done
	Unknown         Kind = "unknown"           // may have been done; the same command again will tell
	Internal        Kind = "internal"          // our mistake; to be treated as Unknown
)

// Error is a refusal. Message is for people and safe to show to them; Err, if any, is for the log only.
type Error struct {
	Kind    Kind
	Message string
	After   int64  // ms until it may be tried again; 0 = not known
	Version uint64 // the game's version when it was refused; 0 = no game involved
	Reason  string // GameOver: why the game ended
	Winner  string // GameOver: the seat that won; empty = nobody
	Err     error
}

// Refuse makes an Error with a formatted message.
func Refuse(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Message)
}

// Unwrap gives the cause that is not shown to users.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is compare kinds: errors.Is(err, &Error{Kind: Busy}).
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind
}
