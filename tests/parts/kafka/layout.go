package kafka

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/plygames/ply/tests/parts/process"
)

// newNode lays out a node's folder. What its data folder holds already stays.
func newNode(c Config, id int, port, controller, voters string) (*Node, error) {
	dir := filepath.Join(c.Dir, fmt.Sprintf("kafka-%d", id))
	n := &Node{ID: id, Addr: c.At.Addr() + ":" + port, Process: &process.Process{
		Name: fmt.Sprintf("Kafka node %d", id), Dir: dir, Log: filepath.Join(dir, "output.log"),
	}}
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		return nil, err
	}
	// This file is all that formatting a node would leave.
	meta := fmt.Sprintf("version=1\ncluster.id=ply\nnode.id=%d\n", id)
	if err := os.WriteFile(filepath.Join(data, "meta.properties"), []byte(meta), 0o644); err != nil {
		return nil, err
	}
	return n, os.WriteFile(filepath.Join(dir, "server.properties"), []byte(properties(c, id, port, controller, voters, data)), 0o644)
}

// properties are a node's settings. The session is short because a killed broker is let in again only when the session
// of its former life has ended: with the default of 9 s every restart would take 11 s.
func properties(c Config, id int, port, controller, voters, data string) string {
	host := c.At.Addr()
	factor, insync := min(c.Nodes, 3), 1
	if c.Nodes > 1 {
		insync = 2
	}
	return strings.Join([]string{
		"process.roles=broker,controller",
		fmt.Sprintf("node.id=%d", id),
		"controller.quorum.voters=" + voters,
		fmt.Sprintf("listeners=BROKER://%s:%s,CONTROLLER://%s:%s", host, port, host, controller),
		"advertised.listeners=BROKER://" + cmp.Or(c.Advertised, host+":"+port),
		"listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name=BROKER",
		"controller.listener.names=CONTROLLER",
		"log.dirs=" + data,
		"auto.create.topics.enable=false",
		fmt.Sprintf("default.replication.factor=%d", factor),
		fmt.Sprintf("min.insync.replicas=%d", insync),
		fmt.Sprintf("offsets.topic.replication.factor=%d", factor),
		"offsets.topic.num.partitions=4",
		"group.initial.rebalance.delay.ms=0",
		"broker.session.timeout.ms=2000",
		"broker.heartbeat.interval.ms=500",
		"log.cleaner.dedupe.buffer.size=4194304",
		"",
	}, "\n")
}

// command is how a node is started: quietly, with warnings only, and small.
func command(home string, flags []string, c Config, dir string) []string {
	heap := "-Xmx512m"
	if c.Nodes > 1 {
		heap = "-Xmx256m"
	}
	args := append([]string{"java", heap, "-XX:+UseSerialGC", "-Dlog4j2.level=WARN"}, flags...)
	if !c.Measured {
		args = append(args, "-XX:TieredStopAtLevel=1")
	}
	return append(args, "-cp", filepath.Join(libs(home), "*"), "kafka.Kafka", filepath.Join(dir, "server.properties"))
}
