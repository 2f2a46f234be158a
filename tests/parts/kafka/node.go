package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/tests/parts/process"
)

// Node is one broker process.
type Node struct {
	*process.Process
	ID   int
	Addr string // host:port for clients, the same after every restart
}

// ready waits until the node answers for a cluster of that many.
func (n *Node) ready(ctx context.Context, nodes int) error {
	config := sarama.NewConfig()
	config.Version = sarama.V3_6_0_0
	config.Metadata.Retry.Max = 0
	config.Net.DialTimeout, config.Net.ReadTimeout = time.Second, 2*time.Second
	return n.Await(ctx, func(context.Context) error {
		client, err := sarama.NewClient([]string{n.Addr}, config)
		if err != nil {
			return err
		}
		defer func() { _ = client.Close() }()
		if found := len(client.Brokers()); found < nodes {
			return fmt.Errorf("it knows %d brokers of %d", found, nodes)
		}
		return nil
	})
}

// Restart starts a node that is down on its ports and data, and waits until it is usable: 3 s after Kill9, because its
// former session has to end first.
func (n *Node) Restart(ctx context.Context) error {
	if err := n.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	return n.ready(ctx, 1)
}
