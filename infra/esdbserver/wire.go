package esdbserver

import (
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"github.com/plygames/ply/domain/event"
)

// encoder makes events into messages, with ids as one reader asked for them.
type encoder struct {
	service *service
	id      func(event.ID) *shared.UUID
}

// event is the message that carries an event.
func (c *encoder) event(e *event.Recorded) (*streams.ReadResp, error) {
	ordinal, err := c.service.ordinal(e)
	if err != nil {
		return nil, err
	}
	at := wirePosition(ordinal)
	return &streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
		Event: &streams.ReadResp_ReadEvent_RecordedEvent{
			Id:               c.id(e.ID),
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(e.Stream)},
			StreamRevision:   revisionOf(e),
			PreparePosition:  at,
			CommitPosition:   at,
			Metadata: map[string]string{
				propertyType:        e.Type,
				propertyCreated:     strconv.FormatInt(created(e), 10),
				propertyContentType: contentType(e),
			},
			CustomMetadata: e.Meta,
			Data:           e.Data,
		},
		Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: at},
	}}}, nil
}

func notFound(stream event.Stream) *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{StreamNotFound: &streams.ReadResp_StreamNotFound{
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)},
	}}}
}

func confirmation() *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: newID().String()},
	}}
}

func caughtUp() *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}}
}

func checkpoint(ordinal uint64) *streams.ReadResp {
	at := wirePosition(ordinal)
	return &streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{
		Checkpoint: &streams.ReadResp_Checkpoint{CommitPosition: at, PreparePosition: at},
	}}
}
