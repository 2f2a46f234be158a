package socket

import (
	"context"
	"math/rand/v2"
	"time"
)

// Drain sends everybody away: no new sockets from now on; each open one answers the commands that have reached this
// server, and is told to come back elsewhere (4001), spread over a while so that the others are not overrun. It returns
// when all are closed, or with ctx's error if that ends first; Close cuts the rest.
func (s *Server) Drain(ctx context.Context, spread time.Duration) error {
	s.mu.Lock()
	s.startDraining()
	socks := s.all()
	s.mu.Unlock()
	for _, k := range socks {
		after := time.Duration(0)
		if spread > 0 {
			after = rand.N(spread)
		}
		time.AfterFunc(after, k.pipe.sayGoodbye)
	}
	select {
	case <-s.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
