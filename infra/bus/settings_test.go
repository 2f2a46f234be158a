package bus

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
)

func TestTheLibrariesDefaultsAreRefused(t *testing.T) {
	for name, c := range map[string]*sarama.Config{
		"sarama's":    sarama.NewConfig(),
		"watermill's": kafka.DefaultSaramaSyncPublisherConfig(),
	} {
		err := CheckProducer(c, 12)
		if err == nil {
			t.Fatalf("%s defaults pass", name)
		}
		for _, mistake := range []string{"RequiredAcks", "Idempotent", "MaxOpenRequests", "Producer.Retry.Max", "Metadata.Retry.Max", "Flush.Frequency", "Version", "AllowAutoTopicCreation", "watermarks"} {
			if !strings.Contains(err.Error(), mistake) {
				t.Errorf("%s defaults: %s is not found wrong: %v", name, mistake, err)
			}
		}
	}
	err := CheckConsumer(kafka.DefaultSaramaSubscriberConfig())
	for _, mistake := range []string{"Consumer.Return.Errors", "Version", "AllowAutoTopicCreation", "ReadTimeout"} {
		if err == nil || !strings.Contains(err.Error(), mistake) {
			t.Errorf("watermill's consumer: %s is not found wrong: %v", mistake, err)
		}
	}
}

func TestOurSettingsPassAndEveryMistakeIsFound(t *testing.T) {
	if err := CheckProducer(producerSettings("n", 12, newLine()), 12); err != nil {
		t.Fatal(err)
	}
	if err := CheckConsumer(consumerSettings("n", newLine())); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*sarama.Config){
		"acks":           func(c *sarama.Config) { c.Producer.Idempotent, c.Producer.RequiredAcks = false, sarama.WaitForLocal },
		"idempotent":     func(c *sarama.Config) { c.Producer.Idempotent = false },
		"in flight":      func(c *sarama.Config) { c.Net.MaxOpenRequests = 5 },
		"successes":      func(c *sarama.Config) { c.Producer.Return.Successes = false },
		"retries":        func(c *sarama.Config) { c.Producer.Retry.Max = 10 },
		"metadata":       func(c *sarama.Config) { c.Metadata.Retry.Max = 3 },
		"flush":          func(c *sarama.Config) { c.Producer.Flush.Frequency = 0 },
		"random":         func(c *sarama.Config) { c.Producer.Partitioner = sarama.NewRandomPartitioner },
		"round robin":    func(c *sarama.Config) { c.Producer.Partitioner = sarama.NewRoundRobinPartitioner },
		"other hash":     func(c *sarama.Config) { c.Producer.Partitioner = sarama.NewMurmur2Partitioner },
		"hash only":      func(c *sarama.Config) { c.Producer.Partitioner = sarama.NewHashPartitioner },
		"wrong count":    func(c *sarama.Config) { c.Producer.Partitioner = newPartitioner(11) },
		"auto creation":  func(c *sarama.Config) { c.Metadata.AllowAutoTopicCreation = true },
		"version":        func(c *sarama.Config) { c.Version = sarama.V2_8_0_0 },
		"long read":      func(c *sarama.Config) { c.Net.ReadTimeout = 30 * time.Second },
		"slow to answer": func(c *sarama.Config) { c.Producer.Timeout = 10 * time.Second },
		"library's":      func(c *sarama.Config) { c.Metadata.Retry.Backoff = -1 },
	} {
		c := producerSettings("n", 12, newLine())
		spoil(c)
		if CheckProducer(c, 12) == nil {
			t.Errorf("producer, %s: not found", name)
		}
	}
	for name, spoil := range map[string]func(*sarama.Config){
		"errors":   func(c *sarama.Config) { c.Consumer.Return.Errors = true },
		"retries":  func(c *sarama.Config) { c.Consumer.Retry.Max = 10 },
		"oldest":   func(c *sarama.Config) { c.Consumer.Offsets.Initial = sarama.OffsetOldest },
		"isolated": func(c *sarama.Config) { c.Consumer.IsolationLevel = sarama.ReadCommitted },
	} {
		c := consumerSettings("n", newLine())
		spoil(c)
		if CheckConsumer(c) == nil {
			t.Errorf("consumer, %s: not found", name)
		}
	}
}

func TestPartitionOfIsTheLibrarysHash(t *testing.T) {
	theirs := sarama.NewHashPartitioner("topic")
	for _, partitions := range []int{1, 2, 7, 12, 64} {
		for i := range 2000 {
			game := fmt.Sprintf("k3JqT9xBv%d", i*i)
			want, err := theirs.Partition(&sarama.ProducerMessage{Key: sarama.StringEncoder(game)}, int32(partitions))
			if err != nil || partitionOf(game, partitions) != int(want) {
				t.Fatalf("%s of %d: %d, want %d (%v)", game, partitions, partitionOf(game, partitions), want, err)
			}
		}
	}
}

func TestGamesStayWhenPartitionsAreAdded(t *testing.T) {
	p := newPartitioner(12)("topic")
	m := &sarama.ProducerMessage{Key: sarama.StringEncoder("k3JqT9xBv2Lm")}
	before, err := p.Partition(m, 12)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := p.Partition(m, 24); err != nil || after != before {
		t.Errorf("partition %d, then %d (%v)", before, after, err)
	}
	if _, err := p.Partition(m, 11); err == nil {
		t.Error("fewer partitions than agreed are accepted")
	}
}

func TestABusThatCannotBeIsRefused(t *testing.T) {
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	for name, c := range map[string]KafkaConfig{
		"no brokers":           {},
		"negative partitions":  {Brokers: []string{"localhost:1"}, Partitions: -1},
		"negative replication": {Brokers: []string{"localhost:1"}, Replication: -1},
		"negative retention":   {Brokers: []string{"localhost:1"}, Retention: -1},
	} {
		c.Logger = logger
		if _, err := NewKafka(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
