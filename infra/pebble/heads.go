package pebble

import "github.com/plygames/ply/domain/event"

// heads remembers the versions of the streams written or asked for last, so that the check of an append reads
// nothing. It keeps between limit/2 and limit of them: two generations, of which the older is dropped when the
// younger is full. Only the writer uses it.
type heads struct {
	young, old map[event.Stream]uint64
	limit      int
}

func newHeads(limit int) *heads {
	return &heads{young: make(map[event.Stream]uint64), limit: limit}
}

func (h *heads) get(stream event.Stream) (version uint64, known bool) {
	if v, ok := h.young[stream]; ok {
		return v, true
	}
	v, ok := h.old[stream]
	if ok {
		h.set(stream, v)
	}
	return v, ok
}

func (h *heads) set(stream event.Stream, version uint64) {
	if len(h.young) >= h.limit/2 {
		if _, ok := h.young[stream]; !ok {
			h.old, h.young = h.young, make(map[event.Stream]uint64, h.limit/2)
		}
	}
	h.young[stream] = version
}
