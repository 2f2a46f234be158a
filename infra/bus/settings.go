package bus

import (
	"time"

	"github.com/IBM/sarama"
)

// version is the protocol that is spoken; every broker since 3.6 understands it.
var version = sarama.V3_6_0_0

// Times. A hung broker answers nothing, so each read needs an end; it must be longer than what a broker may take for a
// write that waits for replicas.
const (
	dialTimeout    = 5 * time.Second
	netTimeout     = 10 * time.Second
	writeTimeout   = 5 * time.Second
	clientBackoff  = 250 * time.Millisecond
	patientRetries = 1000
)

// common are the settings of every client.
func common(node string, l *line) *sarama.Config {
	c := sarama.NewConfig()
	c.ClientID = node
	c.Version = version
	c.Net.DialTimeout, c.Net.ReadTimeout, c.Net.WriteTimeout = dialTimeout, netTimeout, netTimeout
	c.Net.Proxy.Enable, c.Net.Proxy.Dialer = true, l
	c.Metadata.AllowAutoTopicCreation = false // of a partition count that nobody chose
	c.Metadata.Retry.BackoffFunc = func(int, int) time.Duration { return l.backoff(clientBackoff) }
	return c
}

// producerSettings lose nothing that was acknowledged, and keep the order of each game. The library's defaults do
// neither.
func producerSettings(node string, partitions int, l *line) *sarama.Config {
	c := common(node, l)
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Timeout = writeTimeout
	c.Producer.Idempotent = true
	c.Net.MaxOpenRequests = 1
	c.Producer.Partitioner = newPartitioner(partitions)
	c.Producer.Return.Successes, c.Producer.Return.Errors = true, true
	c.Producer.MaxMessageBytes = maxRecord
	// A batch whose leader can't be found is given up whatever Producer.Retry says; what follows it goes out, and so the
	// log would have holes. Waiting for the leader instead is what makes a call block while the broker is away.
	c.Metadata.Retry.Max = patientRetries
	c.Producer.Retry.Max = patientRetries
	c.Producer.Retry.BackoffFunc = func(int, int) time.Duration { return l.backoff(100 * time.Millisecond) }
	c.Producer.Flush.Frequency = time.Millisecond // the best p99 at half the CPU
	return c
}

// consumerSettings never give a partition up.
func consumerSettings(node string, l *line) *sarama.Config {
	c := common(node, l)
	c.Consumer.Offsets.Initial = sarama.OffsetNewest
	// Nobody reads the channel of errors of a subscriber without a group: when it is full, the partition hangs.
	c.Consumer.Return.Errors = false
	c.Consumer.Retry.Max = 0 // no limit
	c.Consumer.Retry.BackoffFunc = func(int) time.Duration { return l.backoff(clientBackoff) }
	c.Consumer.MaxProcessingTime = time.Second
	c.ChannelBufferSize = 1024
	return c
}
