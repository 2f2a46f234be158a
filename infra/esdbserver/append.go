package esdbserver

import (
	"errors"
	"io"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"github.com/plygames/ply/domain/event"
)

// proposal is an append as it was received. Its events have no versions and no time yet.
type proposal struct {
	stream event.Stream
	want   expected
	events []event.Recorded
}

// Append receives one append: its options, its events, the client's end. Limits are checked while receiving; nothing
// is written before the end.
func (s *service) Append(stream streams.Streams_AppendServer) error {
	ctx := stream.Context()
	p, err := s.receive(stream)
	if err != nil {
		return err
	}
	fault, err := s.fault(ctx, Call{Method: "append", Stream: string(p.stream), Events: len(p.events)})
	if err != nil {
		return err
	}
	if fault.Kind == TimedOut {
		return s.runOut(ctx)
	}
	done, err := s.append(ctx, p)
	switch {
	case err != nil:
		return err
	case fault.Kind == TimedOutWritten || fault.Kind == NotReplicated && done.repeated:
		return s.runOut(ctx)
	}
	return stream.SendAndClose(done.answer)
}

func (s *service) receive(stream streams.Streams_AppendServer) (*proposal, error) {
	m, err := stream.Recv()
	if err != nil {
		return nil, noOptions(err)
	}
	options := m.GetOptions()
	if options == nil {
		return nil, handlerException("the options come first")
	}
	p := &proposal{}
	if p.stream, err = streamName(options.GetStreamIdentifier()); err != nil {
		return nil, err
	}
	if p.want, err = readExpected(options, options.GetExpectedStreamRevision() != nil); err != nil {
		return nil, err
	}
	size := 0
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return nil, err
		}
		proposed := m.GetProposedMessage()
		if proposed == nil {
			return nil, handlerException("only one set of options")
		}
		e, err := readProposed(proposed)
		if err != nil {
			return nil, err
		}
		counted := countedSize(&e)
		if counted > s.config.MaxAppendEventSize {
			return nil, eventTooLarge(e.ID, counted, s.config.MaxAppendEventSize)
		}
		if size += counted; size > s.config.MaxAppendSize {
			return nil, appendTooLarge(s.config.MaxAppendSize)
		}
		p.events = append(p.events, e)
	}
}

// noOptions tells a client that sent nothing at all from one that has gone.
func noOptions(err error) error {
	if errors.Is(err, io.EOF) {
		return handlerException("no options")
	}
	return err
}

// Properties of an event that the wire keeps in a map.
const (
	propertyType        = "type"
	propertyContentType = "content-type"
	propertyCreated     = "created"
)

func readProposed(m *streams.AppendReq_ProposedMessage) (event.Recorded, error) {
	id, ok := readID(m.GetId())
	if !ok {
		return event.Recorded{}, handlerException("the event has no id")
	}
	typ, hasType := m.GetMetadata()[propertyType]
	content, hasContent := m.GetMetadata()[propertyContentType]
	if !hasType || !hasContent {
		return event.Recorded{}, missingMetadata()
	}
	if typ == "" {
		return event.Recorded{}, handlerException("the event has no type")
	}
	e := event.Recorded{ID: id, Type: typ, Meta: m.GetCustomMetadata(), Data: m.GetData()}
	if content != contentJSON {
		e.Stamp = flagBinary // the time is added when it is written
	}
	return e, nil
}

// countedSize is an event's size as the limits count it: the type's characters have two bytes each.
func countedSize(e *event.Recorded) int {
	units := 0
	for _, r := range e.Type {
		units++
		if r > math.MaxUint16 {
			units++
		}
	}
	return len(e.Data) + len(e.Meta) + 2*units
}

// maxName is the longest name of a stream; the real server has no such limit that we know of.
const maxName = 1000

// streamName reads the name of a stream to write to or to read.
func streamName(id *shared.StreamIdentifier) (event.Stream, error) {
	stream := event.Stream(id.GetStreamName())
	return stream, checkName(stream)
}

func checkName(stream event.Stream) error {
	switch {
	case stream == "" || stream == metaPrefix:
		return handlerException("no stream has this name")
	case len(stream) > maxName:
		return invalidArgument("The stream's name is too long.")
	}
	return nil
}

// success is the answer to an append that is in the stream. last is the version of its last event.
func success(last, ordinal uint64, hidden bool) *streams.AppendResp {
	ok := &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}},
		PositionOption:        &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}},
	}
	if last > 0 {
		ok.CurrentRevisionOption = &streams.AppendResp_Success_CurrentRevision{CurrentRevision: revision(last)}
	}
	if !hidden {
		at := wirePosition(ordinal)
		ok.PositionOption = &streams.AppendResp_Success_Position{
			Position: &streams.AppendResp_Position{CommitPosition: at, PreparePosition: at},
		}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: ok}}
}

// wrongExpectedVersion is the answer to an append that expected something else. Everything is said twice: the first
// half is for clients from before version 20.6.1.
func wrongExpectedVersion(st *state, want expected) *streams.AppendResp {
	w := &streams.AppendResp_WrongExpectedVersion{
		CurrentRevisionOption_20_6_0: &streams.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: &shared.Empty{}},
		CurrentRevisionOption:        &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}},
	}
	if st.version > 0 {
		current := revision(st.version)
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: current}
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: current}
	}
	switch want {
	case expectAny:
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_Any_20_6_0{Any_20_6_0: &shared.Empty{}}
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}}
	case expectStreamExists:
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_StreamExists_20_6_0{StreamExists_20_6_0: &shared.Empty{}}
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
	case expectNoStream:
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: math.MaxUint64}
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
	default:
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: uint64(want)}
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(want)}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}}
}
