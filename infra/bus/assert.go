package bus

import (
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// CheckProducer says what is wrong with the settings of a producer for ply, all of it; nil if nothing is. It is asked
// about the settings that are in effect, at every start of a producer: several defaults of the library lose events or
// their order in silence.
func CheckProducer(c *sarama.Config, partitions int) error {
	return errors.Join(append(checkClient(c),
		unless(c.Producer.RequiredAcks == sarama.WaitForAll, "Producer.RequiredAcks must be WaitForAll: one broker alone may forget"),
		unless(c.Producer.Idempotent, "Producer.Idempotent must be set: retries would repeat and reorder"),
		unless(c.Net.MaxOpenRequests == 1, "Net.MaxOpenRequests must be 1, not %d: retries would reorder", c.Net.MaxOpenRequests),
		unless(c.Producer.Return.Successes && c.Producer.Return.Errors, "Producer.Return.Successes and Errors must be set: nobody would know what is out"),
		unless(c.Producer.Retry.Max >= patientRetries, "Producer.Retry.Max is %d: a batch that is given up leaves a hole", c.Producer.Retry.Max),
		unless(c.Metadata.Retry.Max >= patientRetries, "Metadata.Retry.Max is %d: a batch whose leader is away would be given up and leave a hole", c.Metadata.Retry.Max),
		unless(c.Producer.Timeout < c.Net.ReadTimeout, "Net.ReadTimeout must be longer than Producer.Timeout"),
		unless(c.Producer.Flush.Frequency > 0, "Producer.Flush.Frequency must be set: single events would be sent one by one"),
		checkPartitioner(c.Producer.Partitioner, partitions),
	)...)
}

// CheckConsumer is CheckProducer for a subscriber without a group.
func CheckConsumer(c *sarama.Config) error {
	return errors.Join(append(checkClient(c),
		unless(!c.Consumer.Return.Errors, "Consumer.Return.Errors must not be set: nobody reads them, and a full channel stops a partition for ever"),
		unless(c.Consumer.Retry.Max == 0, "Consumer.Retry.Max must be 0: a partition would end for ever"),
		unless(c.Consumer.IsolationLevel == sarama.ReadUncommitted, "Consumer.IsolationLevel must be ReadUncommitted: nothing here is a transaction"),
		unless(c.Consumer.Offsets.Initial == sarama.OffsetNewest, "Consumer.Offsets.Initial must be OffsetNewest: a watch server never reads the past"),
	)...)
}

func checkClient(c *sarama.Config) []error {
	return []error{
		c.Validate(),
		unless(c.Version == version, "Version must be %v, not %v", version, c.Version),
		unless(!c.Metadata.AllowAutoTopicCreation, "Metadata.AllowAutoTopicCreation must not be set: the topic would get a partition count that nobody chose"),
		unless(c.Net.ReadTimeout <= netTimeout && c.Net.WriteTimeout <= netTimeout && c.Net.DialTimeout <= netTimeout,
			"Net.DialTimeout, ReadTimeout and WriteTimeout must be at most %v: a hung broker would hold everything up", netTimeout),
	}
}

// checkPartitioner judges a partitioner by what it does.
func checkPartitioner(make sarama.PartitionerConstructor, partitions int) error {
	p := make("topic")
	if !p.RequiresConsistency() {
		return errors.New("Producer.Partitioner must be consistent: a game would move while a partition has no leader")
	}
	for i := range 64 {
		game := fmt.Sprint("game", i)
		n, err := p.Partition(&sarama.ProducerMessage{Key: sarama.StringEncoder(game)}, int32(partitions))
		if err != nil || int(n) != partitionOf(game, partitions) {
			return fmt.Errorf("Producer.Partitioner must send each game where PartitionOf says (%d, %w)", n, err)
		}
	}
	for i := range int32(partitions) {
		if n, err := p.Partition(&sarama.ProducerMessage{Partition: i}, int32(partitions)); err != nil || n != i {
			return errors.New("Producer.Partitioner must send watermarks to the partition that they name")
		}
	}
	return nil
}

func unless(fine bool, format string, args ...any) error {
	if fine {
		return nil
	}
	return fmt.Errorf(format, args...)
}
