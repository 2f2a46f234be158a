package eventstoredb

import (
	"errors"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ErrInvalid reports an append that no server would take, or that breaks the port's rules; nothing was sent.
var ErrInvalid = errors.New("invalid append")

// ErrBehind reports that the store does not hold the event after which it was to be read: it was restored from a
// backup, wiped, or is another store. What was read from it must be read again from the beginning.
var ErrBehind = errors.New("store does not hold the event at this position")

// kind is what an error of the client means for the call that it ended.
type kind int

const (
	away         kind = iota // nothing was done and nothing will be; the store is away or not ready
	doubtful                 // it may have been done, or may yet be
	refused                  // nothing was done, and nothing will be however often we ask
	wrongVersion             // of an append: nothing was done
	deleted                  // the stream has a tombstone; nothing was done
	missing                  // there is no such stream
)

// verdict is all that is read out of an error. lost: the client that gave it must be replaced.
type verdict struct {
	kind kind
	lost bool
}

// notReady are the messages with which a server that answers Unavailable says itself that it has done nothing. Any other
// Unavailable may be the connection's end, after the server got everything.
var notReady = map[string]bool{"Server Is Not Ready": true, "Server Is Too Busy": true, "Server not ready": true}

// judge sorts an error of a client's method. It goes by types and codes. An append's outcome is open only if the error
// comes from waiting for the answer: everything before that the client wraps in another error, and the server begins to
// write only when it has got everything. In doubt it is doubtful.
func judge(err error) verdict {
	if errors.Is(err, errNotBegun) {
		return verdict{away, false}
	}
	var p *panicked
	if errors.As(err, &p) {
		return verdict{doubtful, true}
	}
	var e *esdb.Error
	if !errors.As(err, &e) { // reads give some errors of gRPC as they are
		s, ok := status.FromError(err)
		return verdict{doubtful, ok && s.Code() == codes.Unavailable}
	}
	switch e.Code() {
	case esdb.ErrorCodeWrongExpectedVersion:
		return verdict{wrongVersion, false}
	case esdb.ErrorCodeStreamDeleted:
		return verdict{deleted, false}
	case esdb.ErrorCodeResourceNotFound:
		return verdict{missing, false}
	case esdb.ErrorCodeNotLeader, esdb.ErrorCodeConnectionClosed:
		return verdict{away, true}
	case esdb.ErrorCodeAccessDenied, esdb.ErrorCodeUnauthenticated, esdb.ErrorCodeUnsupportedFeature:
		return verdict{refused, false}
	}
	answer, called := e.Err().(interface{ GRPCStatus() *status.Status })
	_, waiting := err.(*esdb.Error)
	unavailable := e.Code() == esdb.ErrorUnavailable
	switch {
	case waiting && !called: // discovery has failed, and the client is dead
		return verdict{away, true}
	case !waiting, unavailable && notReady[answer.GRPCStatus().Message()]:
		return verdict{away, unavailable}
	case answer.GRPCStatus().Code() == codes.InvalidArgument:
		return verdict{refused, false}
	default:
		return verdict{doubtful, unavailable}
	}
}

// noPlace tells whether the server refused a position rather than the call: it finds no record there. The code for that
// is that of any exception in a server.
func noPlace(err error) bool {
	var e *esdb.Error
	if !errors.As(err, &e) || e.Code() != esdb.ErrorCodeUnknown {
		return false
	}
	code := status.Code(e.Err())
	return code == codes.InvalidArgument || code == codes.Unknown
}
