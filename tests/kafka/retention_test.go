package kafka_test

import (
	"testing"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/tests/harness"
)

// retention: a partition whose next record is gone is ended by the library, for good and without a
// word, while the others go on. The watchdog must notice.
func retention(t *testing.T, k *harness.Kafka) {
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
	end, err := client.GetOffset(topic(t), partition, sarama.OffsetNewest)
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.DeleteRecords(topic(t), map[int32]int64{partition: end}); err != nil {
		t.Fatal(err)
	}
}
