package haproxy

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/plygames/ply/tests/parts/process"
)

// startWithin is how long the proxy may take to listen: 80 ms on an idle machine.
const startWithin = time.Minute

// Config says what to run. Addresses are HOST:PORT.
type Config struct {
	File    string   // infra/deploy/haproxy/haproxy.cfg
	Dir     string   // of the log; it must exist
	Listen  string   // where the public comes in; empty = a free port of this machine
	Stats   string   // for operators; empty = a free port of this machine
	Play    []string // servers, at most as many as the file has lines for
	Watch   []string
	Project []string
}

// Env are the variables of the configuration file for these servers, all but the proxy's own addresses.
func (c Config) Env() []string {
	var env []string
	for i, addr := range c.Play {
		env = append(env, "PLY_WS"+strconv.Itoa(i+1)+"="+addr)
	}
	for i, addr := range c.Watch {
		env = append(env, "PLY_WATCH"+strconv.Itoa(i+1)+"="+addr)
	}
	for i, addr := range c.Project {
		name := "PLY_PROJECT"
		if i > 0 {
			name += strconv.Itoa(i + 1)
		}
		env = append(env, name+"="+addr)
	}
	return env
}

// Proxy is one HAProxy. Its methods are for one goroutine at a time, except those that ask the admin socket.
type Proxy struct {
	*process.Process
	Addr  string // where the public comes in, the same after every restart
	Stats string // where operators look

	socket string // in a folder of its own, for paths of sockets must be short
}

// Start starts the proxy and waits until it listens. Close it.
func Start(ctx context.Context, c Config) (*Proxy, error) {
	dir, err := os.MkdirTemp("", "ply-lb-")
	if err != nil {
		return nil, err
	}
	p := &Proxy{socket: filepath.Join(dir, "admin.sock")}
	for range 5 { // another process may take the port between our look and its start
		if p.Addr, p.Stats, err = addresses(c); err != nil {
			break
		}
		p.Process = &process.Process{
			Name: "HAProxy", Command: []string{"haproxy", "-db", "-f", c.File}, Log: filepath.Join(c.Dir, "haproxy.log"),
			Env: append(c.Env(), "PLY_LB_LISTEN="+p.Addr, "PLY_LB_STATS="+p.Stats, "PLY_LB_SOCKET="+p.socket),
		}
		if err = p.Restart(ctx); err == nil {
			return p, nil
		}
		if p.Alive() || c.Listen != "" {
			break
		}
	}
	p.Close()
	return nil, err
}

func addresses(c Config) (listen, stats string, err error) {
	free, err := process.FreeAddrs(2)
	if err != nil {
		return "", "", err
	}
	if c.Listen != "" {
		free[0] = c.Listen
	}
	if c.Stats != "" {
		free[1] = c.Stats
	}
	return free[0], free[1], nil
}

// Restart starts a proxy that is down, on its addresses, and waits until it listens.
func (p *Proxy) Restart(ctx context.Context) error {
	if err := p.Process.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	return p.Await(ctx, func(context.Context) error {
		_, err := p.Ask("show info")
		return err
	})
}

// Close ends the proxy without ceremony and removes its socket.
func (p *Proxy) Close() {
	if p.Process != nil && p.Alive() {
		_ = p.Kill9()
	}
	_ = os.RemoveAll(filepath.Dir(p.socket))
}

// URL is where clients go.
func (p *Proxy) URL() string { return "http://" + p.Addr }

// Healthy tells what the proxy says of itself: 200 while it has a play server.
func (p *Proxy) Healthy(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Stats+"/healthy", nil)
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

// dial opens the admin socket; the proxy answers one line of commands and closes.
func (p *Proxy) dial() (net.Conn, error) {
	conn, err := net.DialTimeout("unix", p.socket, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(20 * time.Second))
}
