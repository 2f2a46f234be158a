package cluster

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/IBM/sarama"

	"github.com/plygames/ply/tests/parts/kafka"
	"github.com/plygames/ply/tests/parts/process"
)

// install fetches what is missing and gives the folder of Kafka's jars.
func install(ctx context.Context, progress func(string, ...any)) (jars string, err error) {
	for _, need := range [][2]string{{"haproxy", "haproxy"}, {"redis-server", "redis-server"}, {"default-jre-headless", "java"}} {
		if err := process.Install(need[0], need[1], progress); err != nil {
			return "", err
		}
	}
	if !kafka.Cached() {
		if err := process.Install("maven", "mvn", progress); err != nil {
			return "", err
		}
	}
	home, err := kafka.Fetch(ctx, progress)
	return filepath.Join(home, "libs"), err
}

// part makes a process with a data folder and a log of its own.
func part(c Config, name, addr string, ready func(context.Context) error) (*Part, string, error) {
	data := filepath.Join(c.Dir, name)
	p := &Part{Process: &process.Process{Name: name, Dir: data, Log: filepath.Join(c.Dir, "logs", name+".log")}, Addr: addr, ready: ready}
	return p, data, os.MkdirAll(data, 0o755)
}

// redis runs with the deployment's file; only where it listens and lies is ours.
func redis(c Config, addr string) (*Part, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	p, data, err := part(c, "redis", addr, func(ctx context.Context) error { return ping(ctx, addr) })
	p.Command = []string{"redis-server", filepath.Join(c.Root, "infra", "deploy", "redis", "redis.conf"),
		"--bind", host, "--port", port, "--dir", data}
	return p, err
}

// ping asks a Redis whether it takes commands; one that loads its file does not yet.
func ping(ctx context.Context, addr string) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer := make([]byte, 128)
	n, err := conn.Read(answer)
	if err == nil && string(answer[:n]) != "+PONG\r\n" {
		err = fmt.Errorf("it says %q", answer[:n])
	}
	return err
}

// broker runs Kafka with the deployment's file; only where it listens and lies is ours.
func broker(c Config, jars, addr, controller string) (*Part, error) {
	p, data, err := part(c, "kafka", addr, func(context.Context) error { return metadata(addr) })
	if err != nil {
		return nil, err
	}
	// This file is all that formatting a new broker's folder would leave.
	meta := filepath.Join(data, "meta.properties")
	if _, err := os.Stat(meta); errors.Is(err, os.ErrNotExist) {
		if err := os.WriteFile(meta, []byte("version=1\ncluster.id=ply\nnode.id=1\n"), 0o644); err != nil {
			return nil, err
		}
	}
	p.Command = []string{"java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=WARN", "-cp", filepath.Join(jars, "*"),
		"kafka.Kafka", filepath.Join(c.Root, "infra", "deploy", "kafka", "server.properties")}
	for _, override := range []string{
		"listeners=BROKER://" + addr + ",CONTROLLER://" + controller, "advertised.listeners=BROKER://" + addr,
		"controller.quorum.voters=1@" + controller, "log.dirs=" + data,
	} {
		p.Command = append(p.Command, "--override", override)
	}
	return p, nil
}

// metadata asks a broker for the cluster, which it knows only when it is part of it.
func metadata(addr string) error {
	config := sarama.NewConfig()
	config.Version = sarama.V3_6_0_0
	config.Metadata.Retry.Max = 0
	config.Net.DialTimeout, config.Net.ReadTimeout = time.Second, 2*time.Second
	client, err := sarama.NewClient([]string{addr}, config)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if len(client.Brokers()) == 0 {
		return errors.New("it knows no broker yet, not even itself")
	}
	return nil
}

// ply is a server with a data folder of its own.
func ply(c Config, name, addr, admin string, env ...string) (*Part, error) {
	p, data, err := part(c, name, addr, func(ctx context.Context) error { return ready(ctx, addr) })
	p.Admin = admin
	p.Command = []string{c.Binary}
	p.Env = append([]string{"PLY_ADDR=" + addr, "PLY_ADMIN_ADDR=" + admin, "PLY_DATA=" + data, "APPID=" + name}, env...)
	p.Env = append(p.Env, c.Env...)
	return p, err
}

// settings are those of all servers that share the store.
func settings(c Config, store, redis, kafka string) ([]string, error) {
	key := filepath.Join(c.Dir, "signing.key")
	if _, err := os.Stat(key); errors.Is(err, os.ErrNotExist) {
		secret := make([]byte, 32)
		if _, err := rand.Read(secret); err != nil {
			return nil, err
		}
		if err := os.WriteFile(key, []byte(hex.EncodeToString(secret)), 0o600); err != nil {
			return nil, err
		}
	}
	journal := "off"
	if c.Journal {
		journal = "on"
	}
	return []string{"PLY_STORE=esdb://" + store + "?tls=false", "PLY_REDIS=redis://" + redis + "/0", "PLY_KAFKA=" + kafka,
		"PLY_JOURNAL=" + journal, "PLY_SIGNING_KEY_FILE=" + key, "PLY_TRUSTED_PROXIES=127.0.0.1/32"}, nil
}

// ready asks a server whether it is.
func ready(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/ready", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it says %s", answer.Status)
	}
	return nil
}

// listens tells whether somebody takes connections.
func listens(addr string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
}

func both(first, second func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error { return errors.Join(first(ctx), second(ctx)) }
}
