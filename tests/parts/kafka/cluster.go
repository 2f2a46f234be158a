package kafka

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/plygames/ply/tests/parts/network"
	"github.com/plygames/ply/tests/parts/process"
)

// startWithin is how long a node may take to become usable: 2 s on an idle machine.
const startWithin = 2 * time.Minute

// Config says what to run.
type Config struct {
	Dir      string                           // of the brokers' data and output; it must exist, and what is in it stays
	Nodes    int                              // 1 or 3; 0 means 1
	Port     int                              // of the first node for clients, the others' follow; 0 = free ones
	Measured bool                             // throughput counts, so Java shall compile well instead of soon
	Progress func(format string, args ...any) // told what takes time; nil = nobody

	At         network.Place // where the nodes run
	Advertised string        // where the only node sends clients; empty = to itself
}

// Cluster is one broker, or three that replicate. Its methods are for one goroutine at a time.
type Cluster struct {
	Nodes []*Node
}

// Start fetches the broker if need be, starts all nodes and waits until they are usable. Close the cluster.
func Start(ctx context.Context, c Config) (*Cluster, error) {
	c.Nodes = max(1, c.Nodes)
	if c.Progress == nil {
		c.Progress = func(string, ...any) {}
	}
	home, err := Fetch(ctx, c.Progress)
	if err != nil {
		return nil, err
	}
	var flags []string
	if archive := archive(ctx, home, c.Progress); archive != "" {
		flags = []string{"-XX:SharedArchiveFile=" + archive}
	}
	nodes, err := newNodes(c, home, flags)
	if err != nil {
		return nil, err
	}
	cluster := &Cluster{Nodes: nodes}
	for _, n := range nodes {
		if err := n.Start(); err != nil {
			cluster.Close()
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for _, n := range nodes {
		if err := n.ready(ctx, len(nodes)); err != nil {
			cluster.Close()
			return nil, err
		}
	}
	return cluster, nil
}

// Brokers are the addresses for clients.
func (c *Cluster) Brokers() []string {
	var addresses []string
	for _, n := range c.Nodes {
		addresses = append(addresses, n.Addr)
	}
	return addresses
}

// Close ends all nodes without ceremony; what they acknowledged is in their folders.
func (c *Cluster) Close() {
	for _, n := range c.Nodes {
		_ = n.Kill9() // if it is up
	}
}

// newNodes lays out the nodes' folders.
func newNodes(c Config, home string, flags []string) ([]*Node, error) {
	free, err := process.FreeAddrs(2 * c.Nodes)
	if err != nil {
		return nil, err
	}
	ports := make([]string, len(free))
	for i, addr := range free {
		if _, ports[i], err = net.SplitHostPort(addr); err != nil {
			return nil, err
		}
	}
	for i := range c.Nodes {
		if c.Port > 0 {
			ports[2*i] = strconv.Itoa(c.Port + i)
		}
	}
	voters := ""
	for id := 1; id <= c.Nodes; id++ {
		if id > 1 {
			voters += ","
		}
		voters += fmt.Sprintf("%d@%s:%s", id, c.At.Addr(), ports[2*id-1])
	}
	var nodes []*Node
	for id := 1; id <= c.Nodes; id++ {
		n, err := newNode(c, id, ports[2*id-2], ports[2*id-1], voters)
		if err != nil {
			return nil, err
		}
		n.Command = c.At.Command(command(home, flags, c, n.Dir)...)
		nodes = append(nodes, n)
	}
	return nodes, nil
}
