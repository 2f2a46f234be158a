package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// AtOnce is how many events a relay should hand to Kafka in one Publish when it has them: one call is one round trip per
// partition.
const AtOnce = 10_000

// Waits between attempts while Kafka can't be reached, and how long silence about it lasts.
const (
	againFirst = 250 * time.Millisecond
	againMost  = 5 * time.Second
	complain   = 30 * time.Second
)

// ErrPartitions: the topic has another number of partitions than the configuration says. It is final: the number decides
// which partition carries a game, and servers that do not agree on it would not see each other's events.
var ErrPartitions = errors.New("the topic has another number of partitions")

// errClosed is what a closed bus answers.
var errClosed = errors.New("the bus is closed")

// KafkaConfig is what a Kafka is made of. All servers of one cluster must agree on Topic and Partitions.
type KafkaConfig struct {
	Brokers     []string // host:port of some brokers; the others are found through them
	Topic       string   // "" = ply.events
	Partitions  int      // 0 = 12. Frozen once the topic exists
	Replication int      // copies of each partition when the topic is created; 0 = 1. With 3 or more a write needs two
	// Retention is how long the topic keeps records when it is created; 0 = 24 h. It may be short, since the store has
	// everything: only a watch server that is behind by more has to read games from there.
	Retention time.Duration
	NodeName  string // client id in the brokers' logs; "" = ply
	// Patience is how long Subscribe waits for Kafka before it goes on trying in the background; 0 = 10 s. It must be
	// longer than the silence after which watched games count as stale.
	Patience time.Duration
	Observer KafkaObserver
	Logger   *slog.Logger
}

// KafkaObserver is told how a Kafka does; for metrics. Safe for concurrent use.
type KafkaObserver interface {
	Observer
	// Published reports records that the brokers have taken in one call, and how long that took.
	Published(records int, took time.Duration)
	// Unpublished counts a call of which some records were not taken; they are sent again.
	Unpublished()
	// Oversized counts an event too large for a record. It is not sent: readers see a gap.
	Oversized()
	// Delivered reports events that a handler has taken, and how long after being published the oldest of them was.
	Delivered(events int, after time.Duration)
	// Resubscribed counts a subscription that stood still, or broke off, and was begun again where it was.
	Resubscribed()
}

// Kafka is a bus that runs through Kafka brokers. Publish and Watermark are for one goroutine at a time, everything else
// is safe for concurrent use. Close it.
//
// It connects by itself, in the background, as often as needed: brokers may be away when it is made and at any time
// after.
type Kafka struct {
	handling
	c    KafkaConfig
	seen KafkaObserver

	life    context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	mu      sync.Mutex // over closed and the start of what Close waits for
	closed  bool

	agreed  chan struct{} // closed when the topic is as it should be, or never will be
	refused error         // read after agreed

	sending  chan struct{} // a slot; whoever has it may use producer
	producer *producer     // nil: none now
}

var _ Bus = (*Kafka)(nil)

// NewKafka makes a bus. An error is a mistake in the configuration: the network is not waited for.
func NewKafka(c KafkaConfig) (*Kafka, error) {
	if c.Topic == "" {
		c.Topic = topic
	}
	if c.Partitions == 0 {
		c.Partitions = 12
	}
	if c.Replication == 0 {
		c.Replication = 1
	}
	if c.Retention == 0 {
		c.Retention = 24 * time.Hour
	}
	if c.NodeName == "" {
		c.NodeName = "ply"
	}
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
	}
	if len(c.Brokers) == 0 || c.Partitions < 1 || c.Replication < 1 || c.Retention < 0 {
		return nil, fmt.Errorf("kafka: brokers %q, %d partitions, replication %d and retention %v are no bus", c.Brokers, c.Partitions, c.Replication, c.Retention)
	}
	if err := errors.Join(
		CheckProducer(producerSettings(c.NodeName, c.Partitions, newLine()), c.Partitions),
		CheckConsumer(consumerSettings(c.NodeName, newLine())),
	); err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	life, stop := context.WithCancel(context.Background())
	k := &Kafka{
		handling: handling{c.Observer, c.Logger, quiet(c.Logger)},
		c:        c, seen: c.Observer, life: life, stop: stop,
		agreed: make(chan struct{}), sending: make(chan struct{}, 1),
	}
	k.running.Go(k.agree)
	return k, nil
}

// Partitions is the configured number.
func (k *Kafka) Partitions() int { return k.c.Partitions }

// PartitionOf tells which partition carries a game.
func (k *Kafka) PartitionOf(game string) int { return partitionOf(game, k.c.Partitions) }

// Connected waits until the topic is known to be as configured; it is created if it is missing. The error is
// ErrPartitions if it is not and never will be, else ctx's: then Kafka can't be reached, and the bus goes on trying.
func (k *Kafka) Connected(ctx context.Context) error {
	select {
	case <-k.agreed:
		return k.refused
	case <-ctx.Done():
		return fmt.Errorf("kafka at %q does not answer yet: %w", k.c.Brokers, ctx.Err())
	case <-k.life.Done():
		return errClosed
	}
}

// Close ends all subscriptions and every Publish that waits. It waits for handlers, and for nothing else that might take
// long, however the brokers are.
func (k *Kafka) Close() error {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.stop()
	k.sending <- struct{}{}
	if k.producer != nil {
		k.producer.close()
		k.producer = nil
	}
	<-k.sending
	k.running.Wait()
	return nil
}

// spawn runs f in a goroutine that Close waits for; false after Close.
func (k *Kafka) spawn(f func()) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return false
	}
	k.running.Go(f)
	return true
}

// pause waits between two attempts; false if ctx ends meanwhile.
func pause(ctx context.Context, wait time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}
