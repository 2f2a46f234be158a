package esdbserver

import (
	"context"
	"fmt"

	"github.com/plygames/ply/domain/event"
)

// Positions on the wire look like a log's byte offsets: they begin above 0 and have gaps, so that a client that counts
// on more than their order is found out, and a number that is no event's can be told. This file is the only place
// that knows how they are made.

// stride is the distance between two events' positions on the wire.
const stride = 100

// wirePosition is the position on the wire of the event with an ordinal (see Store.Ordinal).
func wirePosition(ordinal uint64) uint64 { return ordinal * stride }

// ordinalOf undoes wirePosition. exact is false if the number is no position: then the ordinal is that of the last
// event before it.
func ordinalOf(wire uint64) (ordinal uint64, exact bool) { return wire / stride, wire%stride == 0 }

// ordinal is the number of a stored event.
func (s *service) ordinal(e *event.Recorded) (uint64, error) {
	n, err := s.store.Ordinal(e.Position)
	if err == nil && n == 0 {
		err = fmt.Errorf("event %s of %s has no position", e.ID, e.Stream)
	}
	return n, err
}

// head is the ordinal of the last event.
func (s *service) head(ctx context.Context) (uint64, error) {
	p, err := s.store.Head(ctx)
	if err != nil {
		return 0, err
	}
	return s.store.Ordinal(p)
}
