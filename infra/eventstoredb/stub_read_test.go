package eventstoredb_test

import (
	"regexp"
	"slices"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Read answers reads of one stream forwards and of everything in both directions, and subscriptions to everything.
func (s *stub) Read(r *api.ReadReq, call api.Streams_ReadServer) error {
	s.enter()
	defer s.leave()
	s.mu.Lock()
	h := s.hooks
	call.SetTrailer(s.trailer)
	s.mu.Unlock()
	if err := ask(call.Context(), h.read); err != nil {
		return err
	}
	if h.first != nil {
		if err := call.Send(h.first); err != nil {
			return err
		}
	}
	o := r.Options
	if at := o.GetAll().GetPosition(); at != nil && h.place != nil && o.ReadDirection == api.ReadReq_Options_Forwards {
		if err := h.place(at.CommitPosition); err != nil {
			return err
		}
	}
	if o.GetSubscription() != nil {
		return s.subscribe(o, call)
	}
	s.mu.Lock()
	seen := slices.Clone(s.log)
	s.mu.Unlock()
	if h.visible != nil {
		seen = h.visible(seen)
	}
	if o.GetStream() != nil {
		return sendStream(o, seen, call)
	}
	if o.ReadDirection == api.ReadReq_Options_Backwards {
		slices.Reverse(seen)
	}
	return send(call, seen, o, func(e *recordedEvent) bool {
		at := o.GetAll().GetPosition()
		switch {
		case at == nil:
			return true
		case o.ReadDirection == api.ReadReq_Options_Backwards:
			return e.CommitPosition < at.CommitPosition
		default:
			return e.CommitPosition >= at.CommitPosition
		}
	})
}

func sendStream(o *api.ReadReq_Options, seen []*recordedEvent, call api.Streams_ReadServer) error {
	name := string(o.GetStream().StreamIdentifier.StreamName)
	seen = slices.DeleteFunc(seen, func(e *recordedEvent) bool { return string(e.StreamIdentifier.StreamName) != name })
	if len(seen) == 0 {
		return call.Send(&api.ReadResp{Content: &api.ReadResp_StreamNotFound_{StreamNotFound: &api.ReadResp_StreamNotFound{
			StreamIdentifier: o.GetStream().StreamIdentifier,
		}}})
	}
	return send(call, seen, o, func(e *recordedEvent) bool { return e.StreamRevision >= o.GetStream().GetRevision() })
}

func send(call api.Streams_ReadServer, events []*recordedEvent, o *api.ReadReq_Options, wanted func(*recordedEvent) bool) error {
	n := uint64(0)
	for _, e := range events {
		if n == o.GetCount() {
			break
		}
		if !wanted(e) {
			continue
		}
		n++
		if err := call.Send(appeared(e)); err != nil {
			return err
		}
	}
	return nil
}

func appeared(e *recordedEvent) *api.ReadResp {
	return &api.ReadResp{Content: &api.ReadResp_Event{Event: &api.ReadResp_ReadEvent{
		Event: e, Position: &api.ReadResp_ReadEvent_CommitPosition{CommitPosition: e.CommitPosition},
	}}}
}

// subscribe does as the real one does with a position behind its end: nothing up to there is ever shown.
func (s *stub) subscribe(o *api.ReadReq_Options, call api.Streams_ReadServer) error {
	if err := call.Send(&api.ReadResp{Content: &api.ReadResp_Confirmation{
		Confirmation: &api.ReadResp_SubscriptionConfirmation{SubscriptionId: "stub"},
	}}); err != nil {
		return err
	}
	filter, err := regexp.Compile(o.GetFilter().GetEventType().GetRegex())
	if err != nil {
		return status.Error(codes.InvalidArgument, "regex")
	}
	last := uint64(0)
	if at := o.GetAll().GetPosition(); at != nil {
		last = at.CommitPosition
	}
	for {
		s.mu.Lock()
		log, grown := s.log, s.grown
		s.mu.Unlock()
		for _, e := range log {
			if e.CommitPosition <= last || !filter.MatchString(e.Metadata["type"]) {
				continue
			}
			last = e.CommitPosition
			if err := call.Send(appeared(e)); err != nil {
				return err
			}
		}
		if err := call.Send(&api.ReadResp{Content: &api.ReadResp_CaughtUp_{CaughtUp: &api.ReadResp_CaughtUp{}}}); err != nil {
			return err
		}
		select {
		case <-grown:
		case <-call.Context().Done():
			return nil
		}
	}
}
