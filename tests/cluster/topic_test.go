package cluster_test

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/tests/harness"
)

// record is one event as Kafka has it.
type record struct {
	version uint64
	id      string
}

// topicName is the topic of the deployment.
const topicName = "ply.events"

// topic is what Kafka has of each game, in the order of its partition. Games that have ended have their end there.
type topic struct {
	client  sarama.Client
	reading []*partition
	games   map[string][]record
	ended   map[string]bool
}

// partition is one partition that is read.
type partition struct {
	sarama.PartitionConsumer
	number int32
	next   int64
}

// readTopic reads the whole topic, until it has the end of every game that was played.
func (at *site) readTopic(ctx context.Context, played map[string]bool) map[string][]record {
	at.t.Helper()
	config := sarama.NewConfig()
	config.Version = sarama.V3_6_0_0
	client, err := sarama.NewClient(at.kafka.Brokers(), config)
	if err != nil {
		at.t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		at.t.Fatal(err)
	}
	defer func() { _ = consumer.Close() }()
	numbers, err := client.Partitions(topicName)
	if err != nil {
		at.t.Fatal(err)
	}
	top := &topic{client: client, games: map[string][]record{}, ended: map[string]bool{}}
	for _, n := range numbers {
		c, err := consumer.ConsumePartition(topicName, n, sarama.OffsetOldest)
		if err != nil {
			at.t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		top.reading = append(top.reading, &partition{PartitionConsumer: c, number: n})
	}
	harness.Eventually(at.t, 2*time.Minute, "Kafka has the end of every game", func() bool {
		top.read(at, ctx)
		for id := range played {
			if !top.ended[id] {
				return false
			}
		}
		return true
	})
	return top.games
}

// read takes what has come since the last time.
func (top *topic) read(at *site, ctx context.Context) {
	at.t.Helper()
	for _, p := range top.reading {
		end, err := top.client.GetOffset(topicName, p.number, sarama.OffsetNewest)
		if err != nil {
			return // a leader is being elected; asked again
		}
		for p.next < end {
			select {
			case m := <-p.Messages():
				p.next = m.Offset + 1
				top.take(m)
			case <-ctx.Done():
				at.t.Fatal(ctx.Err())
			}
		}
	}
}

func (top *topic) take(m *sarama.ConsumerMessage) {
	headers := map[string]string{}
	for _, h := range m.Headers {
		headers[string(h.Key)] = string(h.Value)
	}
	if headers["ply-kind"] != "event.v1" {
		return // a watermark
	}
	id := string(m.Key)
	version, _ := strconv.ParseUint(headers["ply-version"], 10, 64) // 0 is found wrong
	top.games[id] = append(top.games[id], record{version, headers["ply-id"]})
	if strings.HasPrefix(headers["ply-type"], "ended.") {
		top.ended[id] = true
	}
}
