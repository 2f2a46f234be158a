package harness

import (
	"cmp"
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/plygames/ply/tests/parts/haproxy"
)

// HAProxy is the proxy of a cluster as it is deployed, for one test. Its methods are for the test's goroutine.
type HAProxy struct {
	*haproxy.Proxy
	t testing.TB
}

// Servers are what stands behind a proxy, as HOST:PORT.
type Servers struct {
	Play, Watch, Project []string

	File string // a configuration that differs from the deployment's in times only; empty = the deployment's
}

// StartHAProxy starts the proxy with the configuration file of the deployment and waits until all servers have their
// verdict from the health checks. When the test ends it is killed.
func StartHAProxy(t testing.TB, s Servers) *HAProxy {
	t.Helper()
	NeedPackage(t, "haproxy", "haproxy")
	p, err := haproxy.Start(context.Background(), haproxy.Config{
		File: cmp.Or(s.File, HAProxyFile(t)), Dir: t.TempDir(), Play: s.Play, Watch: s.Watch, Project: s.Project,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("end of the proxy's log:\n%s", p.Tail())
		}
		p.Close()
	})
	h := &HAProxy{Proxy: p, t: t}
	h.awaitChecks()
	return h
}

// awaitChecks waits until the proxy has seen each server: before its first check every one counts as up.
func (h *HAProxy) awaitChecks() {
	h.t.Helper()
	Eventually(h.t, 30*time.Second, "every server was checked", func() bool {
		servers, err := h.Servers()
		if err != nil {
			h.t.Fatal(err)
		}
		for _, s := range servers {
			if s.Check == "" {
				return false
			}
		}
		return true
	})
}

// HAProxyFile is the path of the deployment's configuration.
func HAProxyFile(t testing.TB) string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "infra", "deploy", "haproxy", "haproxy.cfg")
}

// Await waits until the proxy thinks so of a server, such as ("play", "ws1", haproxy.Down).
func (h *HAProxy) Await(backend, server, status string) {
	h.t.Helper()
	Eventually(h.t, 30*time.Second, backend+"/"+server+" is "+status, func() bool { return h.Is(backend, server, status) })
}

// Is tells whether the proxy thinks so of a server now.
func (h *HAProxy) Is(backend, server, status string) bool {
	h.t.Helper()
	return h.Look(backend, server).Status == status
}

// Look is what the proxy knows of a server.
func (h *HAProxy) Look(backend, server string) haproxy.Server {
	h.t.Helper()
	s, err := h.Server(backend, server)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// Kill9 ends the proxy as a crash would, and waits until it is gone.
func (h *HAProxy) Kill9() { h.t.Helper(); h.must(h.Proxy.Kill9()) }

// Stop ends the proxy (SIGTERM: open connections are cut), and waits until it is gone.
func (h *HAProxy) Stop() { h.t.Helper(); h.must(h.Proxy.Stop(30 * time.Second)) }

// Restart starts the proxy again on the same addresses. It must be down.
func (h *HAProxy) Restart() {
	h.t.Helper()
	h.must(h.Proxy.Restart(context.Background()))
	h.awaitChecks()
}

// Pause stops the proxy as a frozen machine would; Resume lets it go on.
func (h *HAProxy) Pause() { h.t.Helper(); h.must(h.Proxy.Pause(Within(h.t, 20*time.Second))) }

// Resume ends a Pause.
func (h *HAProxy) Resume() { h.t.Helper(); h.must(h.Proxy.Resume()) }

func (h *HAProxy) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}
