package harness_test

import (
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/tests/harness"
)

// kafkaConfig is that of a client that does not wait long for an answer.
func kafkaConfig() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.V3_6_0_0
	c.Net.DialTimeout, c.Net.ReadTimeout = time.Second, 2*time.Second
	c.Metadata.Retry.Max = 0
	c.Admin.Retry.Max = 50
	c.Producer.RequiredAcks, c.Producer.Return.Successes, c.Producer.Retry.Max = sarama.WaitForAll, true, 50
	return c
}

func answers(brokers []string) bool {
	client, err := sarama.NewClient(brokers, kafkaConfig())
	if err != nil {
		return false
	}
	_ = client.Close()
	return true
}

func createTopic(t *testing.T, k *harness.Kafka, replicas int16) {
	t.Helper()
	admin, err := sarama.NewClusterAdmin(k.Brokers(), kafkaConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if err := admin.CreateTopic("kept", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: replicas}, false); err != nil {
		t.Fatal(err)
	}
}

func send(brokers []string) error {
	producer, err := sarama.NewSyncProducer(brokers, kafkaConfig())
	if err != nil {
		return err
	}
	defer func() { _ = producer.Close() }()
	_, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: "kept", Value: sarama.StringEncoder("x")})
	return err
}

func end(brokers []string) int64 {
	client, err := sarama.NewClient(brokers, kafkaConfig())
	if err != nil {
		return -1
	}
	defer func() { _ = client.Close() }()
	offset, err := client.GetOffset("kept", 0, sarama.OffsetNewest)
	if err != nil {
		return -1
	}
	return offset
}

func TestKafkaLivesThroughEverything(t *testing.T) {
	k := harness.StartKafka(t)
	createTopic(t, k, 1)
	harness.Eventually(t, time.Minute, "a record is taken", func() bool { return send(k.Brokers()) == nil })

	k.Pause()
	if answers(k.Brokers()) {
		t.Error("answers while paused")
	}
	k.Resume()
	harness.Eventually(t, time.Minute, "answers after a pause", func() bool { return answers(k.Brokers()) })

	k.Kill9()
	if answers(k.Brokers()) {
		t.Error("answers after kill -9")
	}
	k.Restart()
	harness.Eventually(t, time.Minute, "the record is there after kill -9", func() bool { return end(k.Brokers()) == 1 })

	k.Stop()
	if answers(k.Brokers()) {
		t.Error("answers after SIGTERM")
	}
	k.Restart()
	harness.Eventually(t, time.Minute, "the record is there after SIGTERM", func() bool { return end(k.Brokers()) == 1 })
}

func TestAKafkaClusterOutlivesANode(t *testing.T) {
	k := harness.StartKafkaCluster(t)
	createTopic(t, k, 3)
	harness.Eventually(t, time.Minute, "a record is taken", func() bool { return send(k.Brokers()) == nil })
	before := end(k.Brokers())
	k.Kill9()
	harness.Eventually(t, time.Minute, "two nodes of three take a record", func() bool { return send(k.Brokers()) == nil })
	harness.Eventually(t, time.Minute, "both are there", func() bool { return end(k.Brokers()) >= before+1 })
	k.Restart()
}
