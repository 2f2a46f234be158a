package esdbserver

import (
	"context"
	"errors"
	"path"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// unary goes around every call with one request and one answer: refusals become trailers, and the observer is told.
func (s *service) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	began := time.Now()
	resp, err := any(nil), error(notReady())
	if s.stopping.Err() == nil {
		resp, err = handle(ctx, req)
	}
	err = s.answer(ctx, err)
	var r *refusal
	if errors.As(err, &r) && r.trailer != nil {
		_ = grpc.SetTrailer(ctx, r.trailer) // fails only outside of a handler
	}
	s.seen.Called(methodOf(info.FullMethod), result(err), time.Since(began).Seconds())
	return resp, err
}

// stream goes around all others.
func (s *service) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	began := time.Now()
	watched := &watchedStream{ServerStream: ss, method: methodOf(info.FullMethod)}
	err := error(notReady())
	if s.stopping.Err() == nil {
		err = handle(srv, watched)
	}
	err = s.answer(ss.Context(), err)
	var r *refusal
	if errors.As(err, &r) && r.trailer != nil {
		ss.SetTrailer(r.trailer)
	}
	outcome := result(err)
	if watched.conflict {
		outcome = "wrong_expected_version"
	}
	s.seen.Called(watched.method, outcome, time.Since(began).Seconds())
	return err
}

// watchedStream notes what the observer must know and only the messages tell.
type watchedStream struct {
	grpc.ServerStream
	method   string
	conflict bool
}

func (w *watchedStream) RecvMsg(m any) error {
	err := w.ServerStream.RecvMsg(m)
	if req, ok := m.(*streams.ReadReq); ok && req.GetOptions().GetSubscription() != nil {
		w.method = "subscribe"
	}
	return err
}

func (w *watchedStream) SendMsg(m any) error {
	if resp, ok := m.(*streams.AppendResp); ok {
		w.conflict = resp.GetWrongExpectedVersion() != nil
	}
	return w.ServerStream.SendMsg(m)
}

// methodOf is a method's name for the observer.
func methodOf(full string) string {
	switch full {
	case streams.Streams_Append_FullMethodName, streams.Streams_Delete_FullMethodName,
		streams.Streams_Tombstone_FullMethodName, streams.Streams_Read_FullMethodName:
		return strings.ToLower(path.Base(full))
	case "/event_store.client.gossip.Gossip/Read":
		return "gossip"
	case "/event_store.client.server_features.ServerFeatures/GetSupportedMethods":
		return "features"
	}
	return "other"
}

func result(err error) string {
	if err == nil {
		return "ok"
	}
	return strings.ToLower(status.Code(err).String())
}
