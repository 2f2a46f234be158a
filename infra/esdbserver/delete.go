package esdbserver

import (
	"context"
	"fmt"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"github.com/plygames/ply/domain/event"
)

// Delete marks a stream as deleted: its metadata is replaced by one that hides every revision. Writing to the stream
// brings it back, its numbers go on.
func (s *service) Delete(ctx context.Context, req *streams.DeleteReq) (*streams.DeleteResp, error) {
	o := req.GetOptions()
	at, err := s.remove(ctx, "delete", o.GetStreamIdentifier().GetStreamName(), o, o.GetExpectedStreamRevision() != nil,
		func(st *state, now time.Time) event.Recorded {
			return metadataEvent(st, fmt.Appendf(nil, `{"$tb":%d}`, softDeleted), now)
		})
	if err != nil {
		return nil, err
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{
		Position: &streams.DeleteResp_Position{CommitPosition: at, PreparePosition: at},
	}}, nil
}

// Tombstone ends a stream for ever, by its last event.
func (s *service) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	o := req.GetOptions()
	at, err := s.remove(ctx, "tombstone", o.GetStreamIdentifier().GetStreamName(), o, o.GetExpectedStreamRevision() != nil,
		func(st *state, now time.Time) event.Recorded {
			return event.Recorded{
				Stream: st.stream, Version: st.version + 1, ID: newID(), Type: typeStreamDeleted,
				Stamp: newStamp(now, flagBinary|flagTombstone),
			}
		})
	if err != nil {
		return nil, err
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{
		Position: &streams.TombstoneResp_Position{CommitPosition: at, PreparePosition: at},
	}}, nil
}

// remove writes the event that deletes a stream, and gives its position on the wire.
func (s *service) remove(
	ctx context.Context, method string, name []byte, wish expectation, set bool,
	last func(*state, time.Time) event.Recorded,
) (at uint64, err error) {
	stream := event.Stream(name)
	if err := checkName(stream); err != nil {
		return 0, err
	}
	want, err := readExpected(wish, set)
	if err != nil {
		return 0, err
	}
	fault, err := s.fault(ctx, Call{Method: method, Stream: string(stream)})
	if err != nil {
		return 0, err
	}
	if fault.Kind == TimedOut {
		return 0, s.runOut(ctx)
	}
	err = s.change(ctx, stream, func(st *state) ([]event.Recorded, error) {
		if err := mayRemove(st, want, method == "tombstone"); err != nil {
			return nil, err
		}
		return []event.Recorded{last(st, time.Now())}, nil
	}, func(_ []event.Recorded, first uint64) { at = wirePosition(first) })
	if err == nil && fault.Kind == TimedOutWritten {
		return 0, s.runOut(ctx)
	}
	return at, err
}

// mayRemove is the rule for deletions. A stream that never existed can only be tombstoned.
func mayRemove(st *state, want expected, forEver bool) error {
	switch {
	case st.gone:
		return streamDeleted(st.stream)
	case st.version == 0 && (!forEver || want == expectStreamExists):
		return wrongVersion(st, want)
	case want == expectStreamExists && st.softDeleted():
		return streamDeleted(st.stream)
	case want.loose(), want.version() == st.version:
		return nil
	case want == expectNoStream && st.softDeleted():
		return nil
	}
	return wrongVersion(st, want)
}
