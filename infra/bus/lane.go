package bus

import (
	"context"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"
)

// ahead is how many messages of a partition are taken before the handler has had them. Watermill gives the next one
// when the last was acknowledged; in a subscription without a group that commits nothing, so they are acknowledged when
// they have a place here.
const ahead = 2 * MaxBatch

// lane is one partition of a subscription: what has come and not yet been handled, and where to go on. It outlives the
// connections.
type lane struct {
	number int
	queue  chan *message.Message // has room for ahead messages, and the one that is not acknowledged yet

	mu    sync.Mutex
	next  int64     // offset of the next message; -1 = not positioned yet
	at    time.Time // when the last message was published, by the producer's clock
	moved time.Time // when it came, or the lane was positioned
}

func newLane(number int) *lane {
	return &lane{number: number, queue: make(chan *message.Message, ahead+1), next: -1}
}

// take puts a message at the end, false if ctx ended first. There is room, because the message before it was
// acknowledged while there was some, unless another connection has left one here.
func (l *lane) take(ctx context.Context, m *message.Message, offset int64) bool {
	at, _ := kafka.MessageTimestampFromCtx(m.Context())
	select {
	case l.queue <- m:
	case <-ctx.Done():
		return false
	}
	l.mu.Lock()
	l.next, l.at, l.moved = offset+1, at, time.Now()
	l.mu.Unlock()
	if len(l.queue) <= ahead {
		m.Ack()
	}
	return true
}

// place tells where to go on.
func (l *lane) place() (next int64, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next, l.at
}

// put says where to go on from now on.
func (l *lane) put(next int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next, l.moved = next, time.Now()
}

// idle tells since when nothing has come although there was room for it; zero if there is none.
func (l *lane) idle() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) > 0 {
		return 0
	}
	return time.Since(l.moved)
}

// work hands what comes to the handler, in batches of what is there, until ctx ends.
func (l *lane) work(ctx context.Context, k *Kafka, to Handler) {
	d := newDelivery(ctx, k, to)
	for {
		var m *message.Message
		select {
		case m = <-l.queue:
		case <-ctx.Done():
			return
		}
		for more := true; more; {
			m.Ack() // again, if it was
			d.add(m)
			select {
			case m = <-l.queue:
			default:
				more = false
			}
		}
		d.flush()
	}
}
