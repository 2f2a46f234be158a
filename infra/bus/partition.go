package bus

import (
	"fmt"
	"hash/fnv"

	"github.com/IBM/sarama"
)

// partitionOf tells which of so many partitions carries a game: what sarama's hash partitioner does with its id as key,
// which is FNV-1a taken as a signed number. It must never change: the events of a game would stand on two partitions.
func partitionOf(game string, partitions int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(game)) // it never fails
	n := int32(h.Sum32()) % int32(partitions)
	return int(max(n, -n))
}

// partitioner sends what has a key where the key belongs, and what has none, the watermarks, where it says. It counts on
// the number of partitions that was agreed on and not on the one that the topic has, lest games move when somebody adds
// some.
type partitioner struct{ partitions int32 }

// newPartitioner is a sarama.PartitionerConstructor.
func newPartitioner(partitions int) sarama.PartitionerConstructor {
	return func(string) sarama.Partitioner { return partitioner{int32(partitions)} }
}

// Partition implements sarama.Partitioner.
func (p partitioner) Partition(m *sarama.ProducerMessage, there int32) (int32, error) {
	if there < p.partitions {
		return 0, fmt.Errorf("topic %s has %d partitions, not %d", m.Topic, there, p.partitions)
	}
	if m.Key == nil {
		return m.Partition, nil
	}
	key, err := m.Key.Encode()
	if err != nil {
		return 0, err
	}
	return int32(partitionOf(string(key), int(p.partitions))), nil
}

// RequiresConsistency implements sarama.Partitioner: a partition without a leader is waited for, never replaced.
func (partitioner) RequiresConsistency() bool { return true }
