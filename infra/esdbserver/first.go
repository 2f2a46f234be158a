package esdbserver

import (
	"context"
	"time"

	"github.com/plygames/ply/domain/event"
)

// firstTime bounds the writing of the first events.
const firstTime = 30 * time.Second

// begin gives an empty store a few events of EventStoreDB's own kind. Clients must pass over such events anyway, and
// those who forget it are to find out at once, not with the first real database.
func (s *service) begin() error {
	ctx, cancel := context.WithTimeout(context.Background(), firstTime)
	defer cancel()
	head, err := s.head(ctx)
	if err != nil || head > 0 {
		return err
	}
	now := time.Now()
	var events []event.Recorded
	for _, first := range []struct {
		stream event.Stream
		data   string
	}{
		{"$stats", `{"$maxAge":86400}`},
		{"$scavenges", `{"$maxAge":2592000}`},
		{"$settings", `{"$maxCount":1}`},
	} {
		events = append(events, metadataEvent(&state{stream: first.stream}, []byte(first.data), now))
	}
	_, err = s.store.Write(ctx, events)
	return err
}
