package kafka_test

import (
	"testing"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/tests/harness"
)

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
		topics, err := admin.DescribeTopics([]string{topic(t)})
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
