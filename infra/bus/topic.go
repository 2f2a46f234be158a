package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/IBM/sarama"
)

// agree brings the topic about, however long it takes, and finds out whether it is as it should be.
func (k *Kafka) agree() {
	defer close(k.agreed)
	wait, complained := againFirst, time.Time{}
	for {
		err := k.bringAbout(k.life)
		switch {
		case k.life.Err() != nil:
			k.refused = errClosed
			return
		case err == nil:
			k.logger.Info("kafka is there", "topic", k.c.Topic, "partitions", k.c.Partitions)
			return
		case errors.Is(err, ErrPartitions):
			k.refused = err
			k.logger.Error("kafka can't be used", "error", err)
			return
		case time.Since(complained) > complain:
			complained = time.Now()
			k.logger.Warn("kafka can't be used yet; trying again", "brokers", k.c.Brokers, "error", err)
		}
		pause(k.life, wait)
		wait = min(2*wait, againMost)
	}
}

// bringAbout creates the topic unless it is there, checks it, and waits until its partitions have leaders.
func (k *Kafka) bringAbout(ctx context.Context) error {
	l := newLine()
	defer l.cut()
	defer context.AfterFunc(ctx, l.cut)()
	settings := common(k.c.NodeName, l)
	settings.Metadata.Retry.Max = 1
	settings.Admin.Retry.Max = 1
	settings.Admin.Timeout = netTimeout
	admin, err := sarama.NewClusterAdmin(k.c.Brokers, settings)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer func() { l.cut(); _ = admin.Close() }()
	for {
		found, err := k.look(admin)
		switch {
		case errors.Is(err, sarama.ErrUnknownTopicOrPartition):
			if err := k.create(admin); err != nil {
				return err
			}
		case err != nil:
			return err
		case found == k.c.Partitions:
			return nil
		}
		if !pause(ctx, clientBackoff) {
			return ctx.Err()
		}
	}
}

// look counts the partitions that have a leader. Another number of partitions is an error.
func (k *Kafka) look(admin sarama.ClusterAdmin) (led int, err error) {
	topics, err := admin.DescribeTopics([]string{k.c.Topic})
	if err != nil {
		return 0, fmt.Errorf("describe topic %s: %w", k.c.Topic, err)
	}
	if len(topics) != 1 {
		return 0, fmt.Errorf("describe topic %s: %d answers", k.c.Topic, len(topics))
	}
	t := topics[0]
	if !errors.Is(t.Err, sarama.ErrNoError) {
		return 0, fmt.Errorf("describe topic %s: %w", k.c.Topic, t.Err)
	}
	if len(t.Partitions) != k.c.Partitions {
		return 0, fmt.Errorf("%w: topic %s has %d, the configuration says %d. The number is frozen once the topic exists: set the configuration to it, or use a new topic (the store has everything)",
			ErrPartitions, k.c.Topic, len(t.Partitions), k.c.Partitions)
	}
	for _, p := range t.Partitions {
		if p.Leader >= 0 {
			led++
		}
	}
	return led, nil
}

// create makes the topic; that another server was faster is fine.
func (k *Kafka) create(admin sarama.ClusterAdmin) error {
	retention := strconv.FormatInt(k.c.Retention.Milliseconds(), 10)
	bytes := strconv.Itoa(maxRecord + 64<<10) // what surrounds the records counts too
	config := map[string]*string{"retention.ms": &retention, "max.message.bytes": &bytes}
	if k.c.Replication > 2 {
		two := "2"
		config["min.insync.replicas"] = &two
	}
	err := admin.CreateTopic(k.c.Topic, &sarama.TopicDetail{
		NumPartitions: int32(k.c.Partitions), ReplicationFactor: int16(k.c.Replication), ConfigEntries: config,
	}, false)
	if err != nil && !errors.Is(err, sarama.ErrTopicAlreadyExists) {
		return fmt.Errorf("create topic %s: %w", k.c.Topic, err)
	}
	return nil
}
