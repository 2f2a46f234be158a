package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

// A partition that brings nothing for still although there is something is given up by the library, or hangs: it
// stops partitions for good, and quietly, on several occasions (an offset that retention took, for one).
const (
	still = 5 * time.Second
	look  = still / 2
)

// watch compares, for every partition that brings nothing, where we are with its end, and reports the first that stands
// still. While records come it asks nobody anything: the relay writes one to every partition each second.
func (s *session) watch(ctx context.Context, stuck chan<- error) {
	type doubt struct {
		next  int64
		since time.Time
	}
	doubts := make(map[int]doubt)
	for pause(ctx, look) {
		for _, l := range s.lanes {
			if l.idle() < still {
				delete(doubts, l.number)
				continue
			}
			end, err := s.client.GetOffset(s.k.c.Topic, int32(l.number), sarama.OffsetNewest)
			next, _ := l.place()
			switch d, doubted := doubts[l.number]; {
			case ctx.Err() != nil:
				return
			case err != nil || end == next: // Kafka is away, or nothing has been written
				delete(doubts, l.number)
			case !doubted || d.next != next:
				doubts[l.number] = doubt{next, time.Now()}
			case time.Since(d.since) >= still:
				stuck <- fmt.Errorf("partition %d stands still at offset %d although its end is %d", l.number, next, end)
				return
			}
		}
	}
}
