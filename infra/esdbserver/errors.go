package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// refusal is an error as the wire tells it. The client tells the reasons apart by the trailer named "exception".
type refusal struct {
	code    codes.Code
	text    string
	trailer metadata.MD // nil: none
}

func (r *refusal) Error() string { return r.text }

// GRPCStatus lets gRPC and status.FromError understand it.
func (r *refusal) GRPCStatus() *status.Status { return status.New(r.code, r.text) }

func exception(code codes.Code, name, text string, pairs ...string) *refusal {
	return &refusal{code, text, metadata.Join(metadata.Pairs("exception", name), metadata.Pairs(pairs...))}
}

func invalidArgument(text string) *refusal { return &refusal{code: codes.InvalidArgument, text: text} }

// handlerException is how the real server answers mistakes that it did not think of; the reason is told to nobody.
func handlerException(string) *refusal {
	return &refusal{code: codes.Unknown, text: "Exception was thrown by handler."}
}

func streamDeleted(stream event.Stream) *refusal {
	return exception(codes.FailedPrecondition, "stream-deleted", fmt.Sprintf("Event stream '%s' is deleted.", stream),
		"stream-name", string(stream))
}

// wrongVersion is the answer to a deletion; appends have a message for it.
func wrongVersion(st *state, want expected) *refusal {
	actual := int64(st.version) - 1
	return exception(codes.FailedPrecondition, "wrong-expected-version",
		fmt.Sprintf("Append failed due to WrongExpectedVersion. Stream: %s, Expected version: %d, Actual version: %d",
			st.stream, want, actual),
		"stream-name", string(st.stream), "expected-version", strconv.FormatInt(int64(want), 10),
		"actual-version", strconv.FormatInt(actual, 10))
}

func appendTooLarge(limit int) *refusal {
	return exception(codes.InvalidArgument, "maximum-append-size-exceeded",
		fmt.Sprintf("Maximum Append Size of %d Exceeded.", limit), "maximum-append-size", strconv.Itoa(limit))
}

func eventTooLarge(id event.ID, size, limit int) *refusal {
	return exception(codes.InvalidArgument, "maximum-append-event-size-exceeded",
		fmt.Sprintf("Event with id %s has %d bytes, more than the maximum of %d.", id, size, limit),
		"maximum-append-event-size", strconv.Itoa(limit), "event-id", id.String(),
		"proposed-append-event-size", strconv.Itoa(size))
}

func missingMetadata() *refusal {
	const required = "type,content-type"
	return exception(codes.InvalidArgument, "missing-required-metadata-property",
		"Required Metadata Property is missing: "+required, "required-metadata-properties", required)
}

func notLeader(host string, port int) *refusal {
	return exception(codes.NotFound, "not-leader", fmt.Sprintf("Leader is at %s:%d.", host, port),
		"leader-endpoint-host", host, "leader-endpoint-port", strconv.Itoa(port))
}

func notReady() *refusal { return &refusal{code: codes.Unavailable, text: "Server Is Not Ready"} }

// timedOut says that the outcome of a write is not known.
func timedOut() *refusal {
	return &refusal{code: codes.Aborted, text: "Operation timed out: Commit phase timeout."}
}

// answer turns any error of a call into what the wire says. ctx is the call's.
func (s *service) answer(ctx context.Context, err error) error {
	var known *refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err()
	case s.stopping.Err() != nil:
		return notReady()
	}
	if _, ok := status.FromError(err); ok {
		return err // gRPC's own
	}
	switch {
	case errors.Is(err, commands.ErrUnknown):
		s.complain("the outcome of a write is not known", err)
		return timedOut()
	case errors.Is(err, commands.ErrUnavailable):
		s.complain("the store can't serve", err)
		return notReady()
	}
	s.complain("a call failed", err)
	return handlerException(err.Error())
}
