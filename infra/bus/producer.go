package bus

import (
	"errors"
	"fmt"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/plygames/ply/domain/event"
)

// marshaler is watermill-kafka's, keyed by game.
var marshaler = kafka.NewWithPartitioningMarshaler(func(_ string, m *message.Message) (string, error) {
	game, ok := event.Stream(m.Metadata[streamKey]).Game()
	if !ok {
		return "", fmt.Errorf("%q is not a game's stream", m.Metadata[streamKey])
	}
	return game, nil
})

// producer is a Watermill publisher that sends all messages of a call at once; watermill-kafka's own waits for the
// broker after each. It is for one goroutine at a time. After an error it must not be used any more: a part of what it
// was given may still be on its way.
type producer struct {
	line   *line
	client sarama.Client
	sync   sarama.SyncProducer
}

var _ message.Publisher = (*producer)(nil)

// unsent is the error of a call that failed in part. Messages before First are out; those after may be.
type unsent struct {
	First int
	Err   error
}

func (u *unsent) Error() string { return fmt.Sprintf("from message %d on: %v", u.First, u.Err) }
func (u *unsent) Unwrap() error { return u.Err }

// newProducer connects. It waits for minutes while no broker answers; cut the line to end that.
func newProducer(k *Kafka, l *line) (*producer, error) {
	settings := producerSettings(k.c.NodeName, k.c.Partitions, l)
	if err := CheckProducer(settings, k.c.Partitions); err != nil {
		return nil, err
	}
	client, err := sarama.NewClient(k.c.Brokers, settings)
	if err != nil {
		return nil, err
	}
	sync, err := sarama.NewSyncProducerFromClient(client)
	if err != nil {
		l.cut()
		_ = client.Close()
		return nil, err
	}
	return &producer{line: l, client: client, sync: sync}, nil
}

// Publish returns when the brokers have all messages, else an *unsent. A message whose metadata names a partition goes
// there, all others go where their game belongs.
func (p *producer) Publish(topic string, messages ...*message.Message) error {
	records := make([]*sarama.ProducerMessage, 0, len(messages))
	index := make(map[*sarama.ProducerMessage]int, len(messages))
	for i, m := range messages {
		record, err := marshal(topic, m)
		if err != nil {
			return &unsent{0, err}
		}
		index[record] = i
		records = append(records, record)
	}
	err := p.sync.SendMessages(records)
	if err == nil {
		return nil
	}
	failed := &unsent{0, err}
	var all sarama.ProducerErrors
	if errors.As(err, &all) && len(all) > 0 {
		failed.First = len(messages)
		for _, one := range all {
			if i := index[one.Msg]; i < failed.First {
				failed.First, failed.Err = i, one.Err
			}
		}
	}
	return failed
}

// marshal makes a record of a message.
func marshal(topic string, m *message.Message) (*sarama.ProducerMessage, error) {
	if m.Metadata[kindKey] != kindWatermark {
		return marshaler.Marshal(topic, m)
	}
	record, err := kafka.DefaultMarshaler{}.Marshal(topic, m)
	if err != nil {
		return nil, err
	}
	record.Partition, err = partitionIn(m)
	return record, err
}

// Close implements message.Publisher.
func (p *producer) Close() error {
	p.close()
	return nil
}

// close ends the connections at once. Nothing may be on its way.
func (p *producer) close() {
	p.line.cut()
	_ = p.sync.Close() // what is not acknowledged is sent again, so there is nothing to do about errors
	_ = p.client.Close()
}
