package journal

import (
	"sync"

	"github.com/plygames/ply/domain/event"
)

// confirmed remembers up to which version the store has confirmed the streams that this server flushed last, which
// saves reading the store before every append to it. Losing any of it costs such a read.
type confirmed struct {
	mu sync.Mutex
	at map[event.Stream]uint64
}

const maxConfirmed = 100_000

func (c *confirmed) get(stream event.Stream) (uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.at[stream]
	return at, ok
}

func (c *confirmed) set(stream event.Stream, at uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil || len(c.at) >= maxConfirmed {
		c.at = make(map[event.Stream]uint64)
	}
	c.at[stream] = max(at, c.at[stream])
}

func (c *confirmed) forget(stream event.Stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.at, stream)
}
