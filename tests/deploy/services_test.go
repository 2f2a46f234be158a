package deploy_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/cluster"
)

// files is a configuration for parts of the cluster that are started alone.
func files(t *testing.T) cluster.Config {
	t.Helper()
	return cluster.Config{Root: root(t), Dir: t.TempDir(), Progress: func(format string, args ...any) {
		_, _ = fmt.Fprintf(os.Stderr, format+"\n", args...)
	}}
}

func end(t *testing.T, p *cluster.Part) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("end of the log of %s:\n%s", p.Name, p.Tail())
		}
		if p.Alive() {
			_ = p.Kill9()
		}
	})
}

// TestRedisPromisesWhatTheJournalNeeds starts Redis with the deployment's file, kills it, and looks again.
func TestRedisPromisesWhatTheJournalNeeds(t *testing.T) {
	harness.NeedPackage(t, "redis-server", "redis-server")
	p, err := cluster.StartRedis(t.Context(), files(t))
	if err != nil {
		t.Fatal(err)
	}
	end(t, p)
	for name, want := range map[string]string{
		"appendonly": "yes", "appendfsync": "always", "no-appendfsync-on-rewrite": "no", "maxmemory-policy": "noeviction", "save": "",
	} {
		if got := redis(t, p.Addr, "CONFIG GET "+name, 5); got[4] != want {
			t.Errorf("%s is %q, want %q", name, got[4], want)
		}
	}
	if got := redis(t, p.Addr, "SET move e2e4", 1); got[0] != "+OK" {
		t.Fatalf("SET: %q", got)
	}
	if err := p.Kill9(); err != nil {
		t.Fatal(err)
	}
	if err := p.Restart(harness.Within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := redis(t, p.Addr, "GET move", 2); got[1] != "e2e4" {
		t.Errorf("after kill -9 an acknowledged write is %q", got)
	}
}

// redis sends one command and gives so many lines of the answer as they come.
func redis(t *testing.T, addr, command string, lines int) []string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		t.Fatal(err)
	}
	answer := make([]string, lines)
	reader := bufio.NewReader(conn)
	for i := range answer {
		line, err := reader.ReadString('\n')
		if err != nil {
			t.Fatalf("%s: %q, %v", command, answer, err)
		}
		answer[i] = strings.TrimRight(line, "\r\n")
	}
	return answer
}

// TestKafkaTakesItsFile starts a broker with the deployment's file and looks at what it made of it.
func TestKafkaTakesItsFile(t *testing.T) {
	harness.NeedPackage(t, "default-jre-headless", "java")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	p, err := cluster.StartKafka(ctx, files(t))
	if err != nil {
		t.Fatal(err)
	}
	end(t, p)
	c := sarama.NewConfig()
	c.Version = sarama.V3_6_0_0
	admin, err := sarama.NewClusterAdmin([]string{p.Addr}, c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.BrokerResource, Name: "1"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range entries {
		got[e.Name] = e.Value
	}
	for line := range strings.Lines(string(read(t, "infra", "deploy", "kafka", "server.properties"))) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		switch name {
		case "controller.quorum.voters", "listeners", "advertised.listeners", "log.dirs":
			if got[name] == value {
				t.Errorf("%s was not overridden: %s", name, value)
			}
		default:
			if got[name] != value {
				t.Errorf("%s is %q, the file says %q", name, got[name], value)
			}
		}
	}
}
