package harness

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/plygames/ply/tests/parts/kafka"
	"github.com/plygames/ply/tests/parts/network"
)

// Kafka is a real Kafka for one test. Node 1 is what Kill9 and the like are about; the methods of Nodes return errors
// instead of failing the test. Its methods are for the test's goroutine.
type Kafka struct {
	*kafka.Cluster
	t testing.TB
}

// StartKafka starts one broker, downloading Kafka before if need be. When the test ends it is killed. Without Java or
// Maven the test fails where CI=true, and is skipped loudly elsewhere.
func StartKafka(t testing.TB) *Kafka {
	t.Helper()
	return startKafka(t, kafka.Config{Nodes: 1})
}

// StartKafkaAt is StartKafka on another machine of a test's network. The broker sends clients to the advertised address,
// HOST:PORT, which may be a proxy's.
func StartKafkaAt(t testing.TB, at network.Place, advertised string) *Kafka {
	t.Helper()
	return startKafka(t, kafka.Config{Nodes: 1, At: at, Advertised: advertised})
}

// StartKafkaCluster starts three brokers that replicate to one another; a write needs two of them.
func StartKafkaCluster(t testing.TB) *Kafka {
	t.Helper()
	return startKafka(t, kafka.Config{Nodes: 3})
}

func startKafka(t testing.TB, config kafka.Config) *Kafka {
	t.Helper()
	NeedPackage(t, "default-jre-headless", "java")
	if !kafka.Cached() {
		NeedPackage(t, "maven", "mvn")
	}
	_, config.Measured = t.(*testing.B)
	config.Dir = t.TempDir()
	config.Progress = func(format string, args ...any) {
		_, _ = fmt.Fprintf(os.Stderr, format+"\n", args...) // seen while it lasts, which t.Logf is not
	}
	c, err := kafka.Start(Within(t, 10*time.Minute), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, n := range c.Nodes {
				t.Logf("end of the output of Kafka node %d:\n%s", n.ID, n.Tail())
			}
		}
		c.Close()
	})
	return &Kafka{Cluster: c, t: t}
}

// Kill9 ends the broker as a crash would, and waits until it is gone.
func (k *Kafka) Kill9() { k.t.Helper(); k.must(k.Nodes[0].Kill9()) }

// Stop ends the broker properly.
func (k *Kafka) Stop() { k.t.Helper(); k.must(k.Nodes[0].Stop(time.Minute)) }

// Restart starts the broker again and waits until it is usable. It must be down.
func (k *Kafka) Restart() { k.t.Helper(); k.must(k.Nodes[0].Restart(context.Background())) }

// Pause stops the broker as a frozen machine would (SIGSTOP); Resume lets it go on.
func (k *Kafka) Pause() { k.t.Helper(); k.must(k.Nodes[0].Pause(Within(k.t, 20*time.Second))) }

// Resume ends a Pause.
func (k *Kafka) Resume() { k.t.Helper(); k.must(k.Nodes[0].Resume()) }

func (k *Kafka) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}
