package kafka_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/tests/harness"
)

// somebodyElse: what can't be decoded is counted, and stops nothing (B26, T4).
func somebodyElse(t *testing.T, k *harness.Kafka) {
	b, o := open(t, k, nil)
	a, r := newAuthor(), newReader()
	subscribe(t, b, r)
	publish(t, b, a.many(40, 40)...)

	c := sarama.NewConfig()
	c.Version = sarama.V3_6_0_0
	c.Producer.Return.Successes = true
	c.Producer.Partitioner = sarama.NewManualPartitioner
	producer, err := sarama.NewSyncProducer(k.Brokers(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = producer.Close() }()
	sent := int64(0)
	for partition := range int32(b.Partitions()) {
		for _, m := range []*sarama.ProducerMessage{
			{Value: sarama.ByteEncoder{0xff, 0, 1}},
			{Key: sarama.StringEncoder("k3JqT9xBv001"), Value: nil},
			{Headers: []sarama.RecordHeader{{Key: []byte("ply-kind"), Value: []byte("event.v1")}}},
			{Headers: []sarama.RecordHeader{{Key: []byte("ply-kind"), Value: nil}}},
		} {
			m.Topic, m.Partition = topic(t), partition
			if _, _, err := producer.SendMessage(m); err != nil {
				t.Fatal(err)
			}
			sent++
		}
	}
	publish(t, b, a.many(40, 400)...)
	harness.Eventually(t, patience, "the events behind the bad ones", func() bool { return r.caughtUp(a) })
	r.check(t)
	if n := o.bad.Load(); n != sent {
		t.Errorf("%d bad messages counted, want %d", n, sent)
	}
}

// tooLarge is left out, and stops nothing.
func tooLarge(t *testing.T, k *harness.Kafka) {
	b, o := open(t, k, nil)
	a, r := newAuthor(), newReader()
	subscribe(t, b, r)
	publish(t, b, a.write(game(1)))
	data := a.data
	a.data = make([]byte, 2<<20)
	large := a.write(game(1))
	a.data = make([]byte, 1<<20-2000) // fits just so
	fits := a.write(game(2))
	a.data = data
	publish(t, b, large, fits, a.write(game(1)))
	harness.Eventually(t, patience, "the events around it", func() bool { return r.caughtUp(a) })
	if o.oversized.Load() != 1 || len(r.gaps) != 1 {
		t.Errorf("%d too large, gaps %v; want one of each", o.oversized.Load(), r.gaps)
	}
}

// otherPartitions (T2): where a game is must not depend on which server one asks.
func otherPartitions(t *testing.T, k *harness.Kafka) {
	b, _ := open(t, k, nil)
	if err := b.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, _ := open(t, k, func(c *bus.KafkaConfig) { c.Partitions = 6 })
	err := other.Connected(t.Context())
	if !errors.Is(err, bus.ErrPartitions) || !strings.Contains(err.Error(), "has 4, the configuration says 6") {
		t.Errorf("got %v", err)
	}
	if err := other.Publish(t.Context(), newAuthor().many(1, 1)); !errors.Is(err, bus.ErrPartitions) {
		t.Errorf("publish: %v", err)
	}
	if err := other.Subscribe(t.Context(), "watch", newReader()); !errors.Is(err, bus.ErrPartitions) {
		t.Errorf("subscribe: %v", err)
	}
}
