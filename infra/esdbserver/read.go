package esdbserver

import (
	"context"
	"iter"
	"math"

	"google.golang.org/grpc/codes"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"github.com/plygames/ply/domain/event"
)

// reader is one Read call that was understood.
type reader struct {
	*service
	encoder
	out       streams.Streams_ReadServer
	ctx       context.Context
	backwards bool
	count     uint64
	filter    *filter
}

// Read serves reads and subscriptions. What is asked for must be a combination that there is.
func (s *service) Read(req *streams.ReadReq, out streams.Streams_ReadServer) error {
	o := req.GetOptions()
	r := &reader{
		service: s, encoder: encoder{service: s, id: structured}, out: out, ctx: out.Context(),
		backwards: o.GetReadDirection() == streams.ReadReq_Options_Backwards, count: o.GetCount(),
	}
	switch o.GetUuidOption().GetContent().(type) {
	case *streams.ReadReq_Options_UUIDOption_Structured:
	case *streams.ReadReq_Options_UUIDOption_String_:
		r.encoder.id = textual
	default:
		return invalidArgument("The form of ids is not said.")
	}
	of, ofStream := o.GetStreamOption().(*streams.ReadReq_Options_Stream)
	all, ofAll := o.GetStreamOption().(*streams.ReadReq_Options_All)
	_, counted := o.GetCountOption().(*streams.ReadReq_Options_Count)
	_, endless := o.GetCountOption().(*streams.ReadReq_Options_Subscription)
	filtered, unfiltered := o.GetFilter() != nil, false
	_, unfiltered = o.GetFilterOption().(*streams.ReadReq_Options_NoFilter)
	if !ofStream && !ofAll || !counted && !endless || !filtered && !unfiltered ||
		endless && r.backwards || filtered && ofStream {
		return invalidArgument("There is no such combination of stream, filter, direction and count.")
	}
	var err error
	if r.filter, err = readFilter(o.GetFilter()); err != nil {
		return err
	}
	call := Call{Method: "read"}
	if endless {
		call.Method = "subscribe"
	}
	if ofStream {
		stream, err := streamName(of.Stream.GetStreamIdentifier())
		if err != nil {
			return err
		}
		call.Stream = string(stream)
		if _, err := s.fault(r.ctx, call); err != nil {
			return err
		}
		if endless {
			return r.subscribeStream(stream, of.Stream)
		}
		return r.readStream(stream, of.Stream)
	}
	if _, err := s.fault(r.ctx, call); err != nil {
		return err
	}
	if endless {
		return r.subscribeAll(all.All)
	}
	return r.readAll(all.All)
}

// readStream answers a read of one stream.
func (r *reader) readStream(stream event.Stream, o *streams.ReadReq_Options_StreamOptions) error {
	st, err := r.load(r.ctx, stream)
	switch {
	case err != nil:
		return err
	case st.gone:
		return streamDeleted(stream)
	case r.count == 0:
		return handlerException("nothing is asked for")
	}
	var from uint64 // a version; 0: the last
	switch at := o.GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Revision:
		if at.Revision > math.MaxInt64 {
			return handlerException("no such revision")
		}
		from = version(at.Revision)
	case *streams.ReadReq_Options_StreamOptions_Start:
		from = 1
	case *streams.ReadReq_Options_StreamOptions_End:
		if !r.backwards {
			return handlerException("nothing comes after the end")
		}
	default:
		return invalidArgument("Where to begin is not said.")
	}
	if st.version == 0 || st.softDeleted() {
		return r.out.Send(notFound(stream))
	}
	first := st.firstVisible()
	if r.backwards {
		return r.send(r.store.ReadStreamBack(r.ctx, stream, from), func(e *event.Recorded) show {
			if e.Version < first {
				return enough
			}
			return showIf(st.youngEnough(e))
		})
	}
	return r.send(r.store.ReadStream(r.ctx, stream, max(from, first)), func(e *event.Recorded) show {
		return showIf(st.youngEnough(e))
	})
}

// readAll answers a read of the global order. Metadata hides nothing in it.
func (r *reader) readAll(o *streams.ReadReq_Options_AllOptions) error {
	if r.count == 0 {
		return handlerException("nothing is asked for")
	}
	head, err := r.head(r.ctx)
	if err != nil {
		return err
	}
	var events iter.Seq2[event.Recorded, error]
	switch at := o.GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Position:
		ordinal, exact := ordinalOf(at.Position.GetCommitPosition())
		exact = exact && at.Position.GetPreparePosition() == at.Position.GetCommitPosition()
		switch {
		case !exact && ordinal < head:
			return &refusal{code: codes.Unknown, text: "InvalidPosition"}
		case r.backwards && ordinal == 0, !r.backwards && ordinal > head:
			return nil
		case r.backwards && ordinal > head:
			events = r.store.ReadAllBack(r.ctx, "")
		case r.backwards:
			events = r.store.ReadAllBack(r.ctx, r.store.Nth(ordinal))
		default:
			events = r.store.ReadAll(r.ctx, r.store.Nth(max(ordinal, 1)-1))
		}
	case *streams.ReadReq_Options_AllOptions_Start:
		if r.backwards {
			return nil
		}
		events = r.store.ReadAll(r.ctx, "")
	case *streams.ReadReq_Options_AllOptions_End:
		if !r.backwards {
			return nil
		}
		events = r.store.ReadAllBack(r.ctx, "")
	default:
		return invalidArgument("Where to begin is not said.")
	}
	return r.send(events, func(e *event.Recorded) show { return showIf(r.filter.matches(e)) })
}

// show is what a read does with an event.
type show int

const (
	shown show = iota
	skipped
	enough // it and all that come after it are not shown
)

func showIf(yes bool) show {
	if yes {
		return shown
	}
	return skipped
}

// send answers with events, as many as are asked for.
func (r *reader) send(events iter.Seq2[event.Recorded, error], judge func(*event.Recorded) show) error {
	sent := uint64(0)
	for e, err := range events {
		if err != nil {
			return err
		}
		switch judge(&e) {
		case skipped:
			continue
		case enough:
			return nil
		}
		if err := r.deliver(&e); err != nil {
			return err
		}
		if sent++; sent == r.count {
			return nil
		}
	}
	return nil
}

func (r *reader) deliver(e *event.Recorded) error {
	m, err := r.encoder.event(e)
	if err != nil {
		return err
	}
	return r.out.Send(m)
}
