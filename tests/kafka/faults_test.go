package kafka_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/tests/harness"
)

// TestBrokerFails runs a load through a broker that is killed, away, and frozen. Afterwards the reader has everything in
// order, and the log itself has every event exactly once: no call failed, so nothing was sent twice.
func TestBrokerFails(t *testing.T) {
	for name, fault := range map[string]func(*testing.T, *harness.Kafka, *reader){
		"killed three times": func(t *testing.T, k *harness.Kafka, r *reader) {
			for range 3 {
				k.Kill9()
				k.Restart()
				grows(t, r, "events between two kills")
			}
		},
		"away for a while": func(t *testing.T, k *harness.Kafka, _ *reader) {
			k.Stop()
			wait(t, 10*time.Second)
			k.Restart()
		},
		"frozen": func(t *testing.T, k *harness.Kafka, _ *reader) {
			k.Pause()
			wait(t, 8*time.Second)
			k.Resume()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := harness.StartKafka(t)
			b, o := open(t, k, nil)
			a, r := newAuthor(), newReader()
			subscribe(t, b, r)
			stop := feed(t, b, a)
			grows(t, r, "events before the fault")
			fault(t, k, r)
			grows(t, r, "events after the fault")
			stop()
			harness.Eventually(t, patience, "everything that was published", func() bool { return r.caughtUp(a) })
			r.check(t)
			log := readLog(t, k, b)
			for stream, version := range a.heads() {
				if n := len(log[stream]); o.unpublished.Load() == 0 && uint64(n) != version {
					t.Errorf("%s: %d records, want %d", stream, n, version)
				}
				inOrder(t, stream, log[stream], version)
			}
			t.Logf("%d events, %d failed calls, %d repeats, %d subscribed again", o.published.Load(), o.unpublished.Load(), r.repeat, o.resubscribed.Load())
		})
	}
}

// wait lets a fault last.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// inOrder: dropping what it has, a reader of this log never meets a gap, and ends at the newest version.
func inOrder(t *testing.T, stream event.Stream, versions []uint64, newest uint64) {
	t.Helper()
	last := uint64(0)
	for _, v := range versions {
		if v > last+1 {
			t.Errorf("%s: %d after %d in the log", stream, v, last)
		}
		last = max(last, v)
	}
	if last != newest {
		t.Errorf("%s: the log ends at %d, want %d", stream, last, newest)
	}
}

// readLog reads the whole topic with sarama alone: versions by stream, in the order of the log. Each record must stand
// on the partition, under the key and with the headers that we promise other programs.
func readLog(t *testing.T, k *harness.Kafka, b *bus.Kafka) map[event.Stream][]uint64 {
	t.Helper()
	c := sarama.NewConfig()
	c.Version = sarama.V3_6_0_0
	client, err := sarama.NewClient(k.Brokers(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = consumer.Close() }()
	log := map[event.Stream][]uint64{}
	for partition := range int32(b.Partitions()) {
		end, err := client.GetOffset("ply.events", partition, sarama.OffsetNewest)
		if err != nil {
			t.Fatal(err)
		}
		if end == 0 {
			continue
		}
		p, err := consumer.ConsumePartition("ply.events", partition, sarama.OffsetOldest)
		if err != nil {
			t.Fatal(err)
		}
		for m := range p.Messages() {
			note(t, log, m, b)
			if m.Offset == end-1 {
				break
			}
		}
		_ = p.Close()
	}
	return log
}

func note(t *testing.T, log map[event.Stream][]uint64, m *sarama.ConsumerMessage, b *bus.Kafka) {
	t.Helper()
	headers := map[string]string{}
	for _, h := range m.Headers {
		headers[string(h.Key)] = string(h.Value)
	}
	if headers["ply-kind"] == "watermark.v1" {
		return
	}
	stream := event.Stream(headers["ply-stream"])
	id, _ := stream.Game()
	if string(m.Key) != id || int(m.Partition) != b.PartitionOf(id) {
		t.Errorf("%s: key %q on partition %d, want %d", stream, m.Key, m.Partition, b.PartitionOf(id))
	}
	version := uint64(0)
	for _, digit := range headers["ply-version"] {
		version = 10*version + uint64(digit-'0')
	}
	log[stream] = append(log[stream], version)
}

// TestANodeOfThreeIsKilled: with three copies and two acknowledgements no node is missed.
func TestANodeOfThreeIsKilled(t *testing.T) {
	t.Parallel()
	k := harness.StartKafkaCluster(t)
	b, o := open(t, k, func(c *bus.KafkaConfig) { c.Replication = 3 })
	a, r := newAuthor(), newReader()
	subscribe(t, b, r)
	stop := feed(t, b, a)
	grows(t, r, "events at first")
	for _, n := range k.Nodes {
		if err := n.Kill9(); err != nil {
			t.Fatal(err)
		}
		grows(t, r, "events with two nodes")
		if err := n.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		inSync(t, k, b)
	}
	stop()
	harness.Eventually(t, patience, "everything that was published", func() bool { return r.caughtUp(a) })
	r.check(t)
	log := readLog(t, k, b)
	for stream, version := range a.heads() {
		inOrder(t, stream, log[stream], version)
	}
	t.Logf("%d events, %d failed calls, %d repeats", o.published.Load(), o.unpublished.Load(), r.repeat)
}

// inSync waits until every copy is up to date, so that the next node may be killed.
func inSync(t *testing.T, k *harness.Kafka, b *bus.Kafka) {
	t.Helper()
	c := sarama.NewConfig()
	c.Version = sarama.V3_6_0_0
	c.Metadata.Retry.Max = 0
	harness.Eventually(t, patience, "all copies are in sync", func() bool {
		admin, err := sarama.NewClusterAdmin(k.Brokers(), c)
		if err != nil {
			return false
		}
		defer func() { _ = admin.Close() }()
		topics, err := admin.DescribeTopics([]string{"ply.events"})
		if err != nil || len(topics) != 1 || len(topics[0].Partitions) != b.Partitions() {
			return false
		}
		for _, p := range topics[0].Partitions {
			if len(p.Isr) != 3 {
				return false
			}
		}
		return true
	})
}

// TestRetentionTakesWhatWasNotRead: a partition whose next record is gone is ended by the library, for good and without a
// word, while the others go on. The watchdog must notice.
func TestRetentionTakesWhatWasNotRead(t *testing.T) {
	t.Parallel()
	k := harness.StartKafka(t)
	b, o := open(t, k, nil)
	a := newAuthor()
	a.data = make([]byte, 20_000) // so that the library's buffers are full soon
	readers := make([]*reader, b.Partitions())
	for i := range readers {
		readers[i] = newReader()
	}
	readers[1].hold = make(chan struct{})
	if err := b.SubscribePartitions(t.Context(), "watch", func(n int) bus.Handler { return readers[n] }); err != nil {
		t.Fatal(err)
	}
	slow, fine := gamesOf(b, 1, 1)[0], gamesOf(b, 2, 1)[0]
	for range 40 {
		var events []event.Recorded
		for range 100 {
			events = append(events, a.write(slow))
		}
		publish(t, b, append(events, a.write(fine))...)
	}
	deleteRecords(t, k, 1)
	close(readers[1].hold)

	newest := a.write(slow)
	publish(t, b, newest)
	harness.Eventually(t, patience, "the partition goes on behind what is gone", func() bool {
		publish(t, b, a.write(fine)) // the others move
		if err := b.Watermark(t.Context(), newest.Position); err != nil {
			t.Fatal(err)
		}
		return readers[1].version(slow) >= newest.Version
	})
	if o.resubscribed.Load() == 0 {
		t.Error("the partition never stood still: this test proves nothing")
	}
	if len(readers[1].gaps) == 0 {
		t.Error("nothing was lost: this test proves nothing")
	}
	harness.Eventually(t, patience, "the other partition has everything", func() bool {
		return readers[2].version(fine) == a.heads()[fine]
	})
	readers[2].check(t)
}

// deleteRecords does what retention does: all records of a partition are gone.
func deleteRecords(t *testing.T, k *harness.Kafka, partition int32) {
	t.Helper()
	c := sarama.NewConfig()
	c.Version = sarama.V3_6_0_0
	client, err := sarama.NewClient(k.Brokers(), c)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	end, err := client.GetOffset("ply.events", partition, sarama.OffsetNewest)
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.DeleteRecords("ply.events", map[int32]int64{partition: end}); err != nil {
		t.Fatal(err)
	}
}

// TestAMessageOfSomebodyElse: what can't be decoded is counted, and stops nothing (B26, T4).
func TestAMessageOfSomebodyElse(t *testing.T) {
	k := harness.StartKafka(t)
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
			m.Topic, m.Partition = "ply.events", partition
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

// TestAnEventThatIsTooLarge is left out, and stops nothing.
func TestAnEventThatIsTooLarge(t *testing.T) {
	k := harness.StartKafka(t)
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

// TestAnotherNumberOfPartitionsIsRefused (T2): where a game is must not depend on which server one asks.
func TestAnotherNumberOfPartitionsIsRefused(t *testing.T) {
	k := harness.StartKafka(t)
	b, _ := open(t, k, nil)
	if err := b.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, _ := open(t, k, func(c *bus.KafkaConfig) { c.Partitions = 6 })
	err := other.Connected(t.Context())
	if !errors.Is(err, bus.ErrPartitions) || !strings.Contains(err.Error(), "ply.events has 4, the configuration says 6") {
		t.Errorf("got %v", err)
	}
	if err := other.Publish(t.Context(), newAuthor().many(1, 1)); !errors.Is(err, bus.ErrPartitions) {
		t.Errorf("publish: %v", err)
	}
	if err := other.Subscribe(t.Context(), "watch", newReader()); !errors.Is(err, bus.ErrPartitions) {
		t.Errorf("subscribe: %v", err)
	}
}

// blocked is a Publish that waits for a broker which does not answer.
func blocked(ctx context.Context, b *bus.Kafka, a *author) (done chan error) {
	done = make(chan error, 1)
	go func() { done <- b.Publish(ctx, a.many(40, 400)) }()
	return done
}

// TestWhatWaitsCanBeEnded: the library's calls wait for minutes and can't be cancelled; ours can.
func TestWhatWaitsCanBeEnded(t *testing.T) {
	for name, away := range map[string]func(*harness.Kafka){
		"dead":   (*harness.Kafka).Kill9,
		"frozen": (*harness.Kafka).Pause,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := harness.StartKafka(t)
			b, _ := open(t, k, nil)
			a, r := newAuthor(), newReader()
			subscribe(t, b, r)
			publish(t, b, a.many(40, 40)...)
			harness.Eventually(t, patience, "the first events", func() bool { return r.caughtUp(a) })
			away(k)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := blocked(ctx, b, a)
			wait(t, 2*time.Second)
			if len(done) > 0 {
				t.Fatalf("publish did not wait: %v", <-done)
			}
			cancel()
			harness.Eventually(t, 30*time.Second, "publish ends with its context", func() bool { return len(done) == 1 })
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("publish: %v", err)
			}
			done = blocked(t.Context(), b, a)
			wait(t, 2*time.Second)
			closed := make(chan error, 1)
			go func() { closed <- b.Close() }()
			harness.Eventually(t, 30*time.Second, "close returns", func() bool { return len(closed) == 1 })
			harness.Eventually(t, 30*time.Second, "publish ends with the bus", func() bool { return len(done) == 1 })
			if err := <-done; err == nil {
				t.Error("publish succeeded without a broker")
			}
		})
	}
}

// TestAServerStartsWithoutKafka: nothing waits for it at the start, and what is published meanwhile is not missed.
func TestAServerStartsWithoutKafka(t *testing.T) {
	t.Parallel()
	k := harness.StartKafka(t)
	k.Kill9()
	b, _ := open(t, k, func(c *bus.KafkaConfig) { c.Patience = time.Second })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := b.Connected(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("connected: %v", err)
	}
	a, r := newAuthor(), newReader()
	subscribe(t, b, r)
	done := blocked(t.Context(), b, a)
	k.Restart()
	harness.Eventually(t, patience, "the events that waited", func() bool { return r.caughtUp(a) })
	if err := <-done; err != nil {
		t.Error(err)
	}
	r.check(t)
}

// TestAPartitionWithoutALeaderAtTheStart: the library refuses to subscribe then. Ours goes on trying, and misses nothing
// that was published since.
func TestAPartitionWithoutALeaderAtTheStart(t *testing.T) {
	t.Parallel()
	k := harness.StartKafkaCluster(t)
	first, _ := open(t, k, func(c *bus.KafkaConfig) { c.Partitions = 6 }) // one copy each
	if err := first.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, r := newAuthor(), newReader()
	publish(t, first, a.many(40, 40)...)
	if err := k.Nodes[2].Kill9(); err != nil {
		t.Fatal(err)
	}
	second, _ := open(t, k, func(c *bus.KafkaConfig) { c.Partitions, c.Patience = 6, 2*time.Second })
	if err := second.Subscribe(t.Context(), "watch", r); err != nil {
		t.Fatal(err)
	}
	done := blocked(t.Context(), first, a)
	wait(t, 2*time.Second)
	if err := k.Nodes[2].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, patience, "what was published while partitions had no leader", func() bool { return r.caughtUp(a) })
	if err := <-done; err != nil {
		t.Error(err)
	}
}
