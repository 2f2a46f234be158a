package bus

import (
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"
)

// slack is how far back of a moment a subscription starts that starts by time, because records carry the relay's clock
// and not ours. What is too much is dropped by version.
const slack = time.Minute

// start makes a subscriber of watermill-kafka begin where we want, and begin there again whenever it reconnects: left to
// itself it would go on at the newest offset and miss what came between. It is its tracer, which is the one place where
// the library lets its consumer be wrapped.
type start struct{ *session }

var _ kafka.SaramaTracer = start{}

// WrapConsumer implements kafka.SaramaTracer.
func (s start) WrapConsumer(c sarama.Consumer) sarama.Consumer { return consumer{c, s.session} }

// WrapPartitionConsumer implements kafka.SaramaTracer.
func (start) WrapPartitionConsumer(p sarama.PartitionConsumer) sarama.PartitionConsumer { return p }

// WrapConsumerGroupHandler implements kafka.SaramaTracer.
func (start) WrapConsumerGroupHandler(h sarama.ConsumerGroupHandler) sarama.ConsumerGroupHandler {
	return h
}

// WrapSyncProducer implements kafka.SaramaTracer.
func (start) WrapSyncProducer(_ *sarama.Config, p sarama.SyncProducer) sarama.SyncProducer { return p }

// consumer is sarama's, but it knows which partitions there are and where to start.
type consumer struct {
	sarama.Consumer
	session *session
}

// Partitions implements sarama.Consumer. The number was agreed on; asking could only fail.
func (c consumer) Partitions(string) ([]int32, error) {
	var all []int32
	for _, l := range c.session.lanes {
		all = append(all, int32(l.number))
	}
	return all, nil
}

// ConsumePartition implements sarama.Consumer.
func (c consumer) ConsumePartition(topic string, partition int32, _ int64) (sarama.PartitionConsumer, error) {
	l := c.session.lanes[partition]
	offset, err := c.session.offset(l)
	if err != nil {
		return nil, fmt.Errorf("where to start in partition %d: %w", partition, err)
	}
	p, err := c.Consumer.ConsumePartition(topic, partition, offset)
	if err != nil {
		return nil, err
	}
	if next, _ := l.place(); next != offset {
		l.put(offset)
	}
	return p, nil
}

// offset tells where a lane starts or goes on.
func (s *session) offset(l *lane) (int64, error) {
	next, at := l.place()
	switch {
	case next < 0 && s.late.Load():
		return s.since(l, s.asked)
	case next < 0:
		return s.client.GetOffset(s.k.c.Topic, int32(l.number), sarama.OffsetNewest)
	}
	oldest, err := s.client.GetOffset(s.k.c.Topic, int32(l.number), sarama.OffsetOldest)
	if err != nil {
		return 0, err
	}
	newest, err := s.client.GetOffset(s.k.c.Topic, int32(l.number), sarama.OffsetNewest)
	if err != nil {
		return 0, err
	}
	if oldest <= next && next <= newest {
		return next, nil
	}
	// The records there are gone, or the topic is another one.
	if at.IsZero() {
		at = s.asked
	}
	s.k.logger.Warn("kafka has no record any more where this server had come to; going on by time", "partition", l.number,
		"offset", next, "oldest", oldest, "newest", newest, "since", at)
	return s.since(l, at)
}

// since is the first offset of about that time.
func (s *session) since(l *lane, at time.Time) (int64, error) {
	offset, err := s.client.GetOffset(s.k.c.Topic, int32(l.number), at.Add(-slack).UnixMilli())
	if err == nil && offset < 0 { // nothing is that new
		offset, err = s.client.GetOffset(s.k.c.Topic, int32(l.number), sarama.OffsetNewest)
	}
	return offset, err
}

// unmarshaler is watermill-kafka's, which decodes everything. If a later one should refuse something, that must not be an
// error: the partition would stop there for ever, quietly. The message then has no kind, and counts as bad.
type unmarshaler struct{ kafka.Unmarshaler }

// Unmarshal implements kafka.Unmarshaler.
func (u unmarshaler) Unmarshal(record *sarama.ConsumerMessage) (*message.Message, error) {
	if m, err := u.Unmarshaler.Unmarshal(record); err == nil {
		return m, nil
	}
	return message.NewMessage("", nil), nil
}
