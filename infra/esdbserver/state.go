package esdbserver

import (
	"context"
	"time"

	"github.com/plygames/ply/domain/event"
)

// state is what a stream's own events and its metadata say about it as a whole.
type state struct {
	stream  event.Stream
	version uint64 // number of events; 0: it never existed
	gone    bool   // tombstoned: nothing can be read or written any more
	rules   rules

	meta        []byte // data of its newest $metadata event
	metaVersion uint64 // number of events in its metadata stream
}

// softDeleted tells whether the stream was deleted and not written to since.
func (s *state) softDeleted() bool { return s.rules.truncateBefore == softDeleted }

// load reads a stream's state.
func (s *service) load(ctx context.Context, stream event.Stream) (*state, error) {
	st := &state{stream: stream}
	last, found, err := s.store.Last(ctx, stream)
	if err != nil {
		return nil, err
	}
	if found {
		st.version, st.gone = last.Version, tombstone(&last)
	}
	of, isMeta := original(stream)
	if isMeta {
		// Of metadata only the newest counts, and it goes with its stream.
		st.rules.maxCount = 1
		if last, found, err = s.store.Last(ctx, of); err != nil {
			return nil, err
		}
		st.gone = st.gone || found && tombstone(&last)
		return st, nil
	}
	has, err := s.store.Has(ctx, metaStream(stream))
	if err != nil || !has {
		return st, err
	}
	last, found, err = s.store.Last(ctx, metaStream(stream))
	if err != nil || !found {
		return st, err
	}
	st.meta, st.metaVersion = last.Data, last.Version
	st.rules = parseRules(last.Data)
	return st, nil
}

// firstVisible is the lowest version that metadata does not hide.
func (s *state) firstVisible() uint64 {
	first := uint64(1)
	if s.rules.truncateBefore > 0 {
		first = version(uint64(s.rules.truncateBefore))
	}
	if most := uint64(s.rules.maxCount); most > 0 && s.version > most {
		first = max(first, s.version-most+1)
	}
	return first
}

// shows tells whether metadata lets an event be read.
func (s *state) shows(e *event.Recorded) bool {
	return e.Version >= s.firstVisible() && s.youngEnough(e)
}

func (s *state) youngEnough(e *event.Recorded) bool {
	return s.rules.maxAge == 0 || created(e) >= time.Now().Add(-s.rules.maxAge).UnixNano()/int64(tick)
}
