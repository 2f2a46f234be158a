package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/plygames/ply/tests/parts/haproxy"
	"github.com/plygames/ply/tests/parts/process"
)

// Config says what to run.
type Config struct {
	Root     string // the repository, for its configuration files
	Dir      string // of all data and logs; it must exist, and what is in it stays
	Binary   string // ply
	Listen   string // where the public comes in; empty = a free port
	Play     int    // play servers; 0 = 4
	Watch    int    // watch servers; 0 = 2
	Journal  bool   // moves go to Redis first
	Env      []string
	Progress func(format string, args ...any) // told what takes time; nil = nobody
}

// Part is a process of the cluster and where it is reached.
type Part struct {
	*process.Process
	Addr  string // HOST:PORT
	Admin string // the second listener of a ply server; empty for others

	ready func(context.Context) error
}

// Restart starts a part that is down and waits until it is of use.
func (p *Part) Restart(ctx context.Context) error {
	if err := p.Start(); err != nil {
		return err
	}
	return p.Await(ctx, p.ready)
}

// Cluster is everything. Its methods are for one goroutine at a time.
type Cluster struct {
	Redis, Kafka, Store *Part
	Play, Watch         []*Part
	Relay, Project      *Part
	Proxy               *haproxy.Proxy // nil until all others are ready
}

// startWithin is how long everything may take to be of use, downloads apart.
const startWithin = 3 * time.Minute

// Start starts everything and waits until the proxy has a play server. Stop or Close it.
func Start(ctx context.Context, c Config) (_ *Cluster, err error) {
	c.defaults()
	jars, err := install(ctx, c.Progress)
	if err != nil {
		return nil, err
	}
	k := &Cluster{}
	defer func() {
		if err != nil {
			k.Close()
		}
	}()
	if err := k.build(c, jars); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	c.Progress("starting Redis, Kafka and the store")
	if err := startAll(ctx, k.Redis, k.Kafka, k.Store); err != nil {
		return nil, err
	}
	c.Progress("starting %d play servers, %d watch servers, relay and project", c.Play, c.Watch)
	if err := startAll(ctx, k.servers()...); err != nil {
		return nil, err
	}
	c.Progress("starting the proxy")
	k.Proxy, err = haproxy.Start(ctx, haproxy.Config{
		File: filepath.Join(c.Root, "infra", "deploy", "haproxy", "haproxy.cfg"), Dir: filepath.Join(c.Dir, "logs"), Listen: c.Listen,
		Play: addrs(k.Play), Watch: addrs(k.Watch), Project: []string{k.Project.Addr},
	})
	if err != nil {
		return nil, err
	}
	return k, k.Proxy.Await(ctx, k.Proxy.Healthy)
}

func (c *Config) defaults() {
	if c.Play == 0 {
		c.Play = 4
	}
	if c.Watch == 0 {
		c.Watch = 2
	}
	if c.Progress == nil {
		c.Progress = func(string, ...any) {}
	}
}

// build lays everything out without starting it.
func (k *Cluster) build(c Config, jars string) error {
	if err := os.MkdirAll(filepath.Join(c.Dir, "logs"), 0o755); err != nil {
		return err
	}
	free, err := process.FreeAddrs(4 + 3 + 2*(c.Play+c.Watch+2))
	if err != nil {
		return err
	}
	take := func() string {
		addr := free[0]
		free = free[1:]
		return addr
	}
	if k.Redis, err = redis(c, take()); err != nil {
		return err
	}
	if k.Kafka, err = broker(c, jars, take(), take()); err != nil {
		return err
	}
	storeAddr := take()
	if k.Store, err = ply(c, "store", take(), take(), "PLY_ROLES=store", "PLY_STORE_ADDR="+storeAddr); err != nil {
		return err
	}
	k.Store.ready = both(listens(storeAddr), k.Store.ready)
	shared, err := settings(c, storeAddr, k.Redis.Addr, k.Kafka.Addr)
	if err != nil {
		return err
	}
	server := func(name, role string) (p *Part) {
		if err == nil {
			p, err = ply(c, name, take(), take(), append(shared, "PLY_ROLES="+role)...)
		}
		return p
	}
	for i := range c.Play {
		k.Play = append(k.Play, server(fmt.Sprintf("ws%d", i+1), "play"))
	}
	for i := range c.Watch {
		k.Watch = append(k.Watch, server(fmt.Sprintf("watch%d", i+1), "watch"))
	}
	k.Relay, k.Project = server("relay", "relay"), server("project", "project")
	return err
}

// servers are those that need Redis, Kafka and the store.
func (k *Cluster) servers() []*Part {
	return append(append(append([]*Part(nil), k.Play...), k.Watch...), k.Relay, k.Project)
}

// Parts are all but the proxy, in the order of starting.
func (k *Cluster) Parts() []*Part {
	return append([]*Part{k.Redis, k.Kafka, k.Store}, k.servers()...)
}

// Stop ends everything in order: the proxy, then those who need others, then those. What hangs is killed. No error means
// that all went down as they should.
func (k *Cluster) Stop() error {
	var errs []error
	if k.Proxy != nil && k.Proxy.Alive() {
		errs = append(errs, k.Proxy.Stop(30*time.Second))
	}
	errs = append(errs, stopAll(k.servers()...), stopAll(k.Store, k.Kafka, k.Redis))
	k.Close()
	return errors.Join(errs...)
}

// Close ends everything without ceremony.
func (k *Cluster) Close() {
	if k.Proxy != nil {
		k.Proxy.Close()
	}
	for _, p := range k.Parts() {
		if p != nil && p.Alive() {
			_ = p.Kill9()
		}
	}
}

// startAll starts parts at once and waits until each is of use.
func startAll(ctx context.Context, parts ...*Part) error {
	for _, p := range parts {
		if err := p.Start(); err != nil {
			return err
		}
	}
	for _, p := range parts {
		if err := p.Await(ctx, p.ready); err != nil {
			return err
		}
	}
	return nil
}

// stopAll ends parts at once.
func stopAll(parts ...*Part) error {
	ended := make(chan error, len(parts))
	for _, p := range parts {
		go func() {
			if p == nil || !p.Alive() {
				ended <- nil
				return
			}
			ended <- p.Stop(45 * time.Second)
		}()
	}
	var errs []error
	for range parts {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

func addrs(parts []*Part) []string {
	var list []string
	for _, p := range parts {
		list = append(list, p.Addr)
	}
	return list
}

// StartRedis starts the cluster's Redis alone.
func StartRedis(ctx context.Context, c Config) (*Part, error) {
	c.defaults()
	if err := process.Install("redis-server", "redis-server", c.Progress); err != nil {
		return nil, err
	}
	return alone(ctx, c, 1, func(free []string) (*Part, error) { return redis(c, free[0]) })
}

// StartKafka starts the cluster's Kafka alone.
func StartKafka(ctx context.Context, c Config) (*Part, error) {
	c.defaults()
	jars, err := install(ctx, c.Progress)
	if err != nil {
		return nil, err
	}
	return alone(ctx, c, 2, func(free []string) (*Part, error) { return broker(c, jars, free[0], free[1]) })
}

func alone(ctx context.Context, c Config, ports int, build func(free []string) (*Part, error)) (*Part, error) {
	if err := os.MkdirAll(filepath.Join(c.Dir, "logs"), 0o755); err != nil {
		return nil, err
	}
	free, err := process.FreeAddrs(ports)
	if err != nil {
		return nil, err
	}
	p, err := build(free)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := p.Restart(ctx); err != nil {
		if p.Alive() {
			_ = p.Kill9()
		}
		return nil, err
	}
	return p, nil
}
