package esdbserver

import (
	"context"

	"github.com/plygames/ply/domain/event"
)

// verdict is what to do with an append.
type verdict int

const (
	write  verdict = iota
	repeat         // it is in the stream already
	differ         // the stream is not as expected
	dead           // the stream is deleted
)

// decision is a verdict and, of a repeat, where the last event of the append stands.
type decision struct {
	verdict verdict
	at      place
	hidden  bool // metadata hides that event, so that its position is not told
}

// decide is the real server's rule, case by case (IndexWriter.CheckCommit). It reads only the stream.
func (s *service) decide(ctx context.Context, st *state, p *proposal) (decision, error) {
	switch {
	case st.gone:
		return decision{verdict: dead}, nil
	case p.want == expectStreamExists && st.version == 0 && st.metaVersion == 0:
		return decision{verdict: differ}, nil
	case p.want == expectStreamExists && st.version > 0 && st.softDeleted():
		return decision{verdict: dead}, nil
	case p.want.loose():
		return s.decideByMemory(ctx, st, p)
	case p.want.version() == st.version:
		return decision{verdict: write}, nil // without a look at the ids: they may be in the stream already
	case p.want.version() > st.version || len(p.events) == 0:
		return decision{verdict: differ}, nil
	}
	return s.decideByStream(ctx, st, p)
}

// decideByStream compares an append with the events that stand where it would have been written.
func (s *service) decideByStream(ctx context.Context, st *state, p *proposal) (decision, error) {
	next := p.want.version() + 1
	matched := 0
	var last event.Recorded
	for e, err := range s.store.ReadStream(ctx, st.stream, next) {
		if err != nil {
			return decision{}, err
		}
		if e.ID != p.events[matched].ID {
			break
		}
		last = e
		if matched++; matched == len(p.events) {
			at, err := s.ordinal(&last)
			return decision{repeat, place{st.stream, last.Version, at}, !st.shows(&last)}, err
		}
	}
	if matched == 0 && p.want == expectNoStream && st.softDeleted() {
		return decision{verdict: write}, nil
	}
	return decision{verdict: differ}, nil
}

// decideByMemory looks for an append's ids among those written last.
func (s *service) decideByMemory(ctx context.Context, st *state, p *proposal) (decision, error) {
	d := decision{verdict: write}
	for i := range p.events {
		at, known := s.recent.find(st.stream, p.events[i].ID)
		switch {
		case known:
			d = decision{verdict: repeat, at: at}
		case i == 0:
			return decision{verdict: write}, nil
		default:
			return decision{verdict: differ}, nil
		}
	}
	if d.verdict == repeat {
		for e, err := range s.store.ReadStream(ctx, st.stream, d.at.version) {
			if err != nil {
				return decision{}, err
			}
			d.hidden = !st.shows(&e)
			break
		}
	}
	return d, nil
}
