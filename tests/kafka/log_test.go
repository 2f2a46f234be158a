package kafka_test

import (
	"testing"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/tests/harness"
)

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
		end, err := client.GetOffset(topic(t), partition, sarama.OffsetNewest)
		if err != nil {
			t.Fatal(err)
		}
		if end == 0 {
			continue
		}
		p, err := consumer.ConsumePartition(topic(t), partition, sarama.OffsetOldest)
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
