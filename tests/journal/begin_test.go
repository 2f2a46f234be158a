package journal_test

import (
	"context"
	"iter"
	"testing"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis/journal"
)

// behindRead lets something happen right behind the first read of a stream.
type behindRead struct {
	commands.EventStore
	happens func()
}

func (s *behindRead) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		s.EventStore.ReadStream(ctx, stream, from)(yield)
		if happens := s.happens; happens != nil {
			s.happens = nil
			happens()
		}
	}
}

// TestAServerBeginsBehindTheBackOfAnother: of two servers of a new deployment one reads that nothing is recorded, and
// looks into Redis only when the other has begun the journal, recorded it and owns that Redis. It must join.
func TestAServerBeginsBehindTheBackOfAnother(t *testing.T) {
	r := newRig(t)
	var first string
	store := &behindRead{EventStore: r.store, happens: func() {
		var err error
		first, err = journal.AgreeOn(r.Context(), r.store, r.client)
		r.must(err)
	}}
	second, err := journal.AgreeOn(r.Context(), store, r.client)
	r.must(err)
	if first == "" || first != second {
		t.Errorf("the incarnations are %q and %q", first, second)
	}
}
