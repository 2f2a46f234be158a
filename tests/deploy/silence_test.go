package deploy_test

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/rest"
)

// silences are the proxy's times after which an answer in which nothing moves is cut.
var silences = regexp.MustCompile(`(?m)^  timeout (?:client|server) (\d+s)$`)

// TestTheHeartbeatIsWithinTheProxysPatience: a feed may be silent for two heartbeats, and a busy machine may be late.
func TestTheHeartbeatIsWithinTheProxysPatience(t *testing.T) {
	found := silences.FindAllStringSubmatch(string(read(t, "infra", "deploy", "haproxy", "haproxy.cfg")), -1)
	if len(found) != 2 {
		t.Fatalf("the configuration has %q", found)
	}
	for _, f := range found {
		if d, err := time.ParseDuration(f[1]); err != nil || d < 4*rest.Heartbeat {
			t.Errorf("%s is less than four heartbeats of %v (%v)", f[0], rest.Heartbeat, err)
		}
	}
}

// TestAFeedWithAHeartbeatIsNotCut: the proxy cuts a feed that is silent for longer than its times allow, and lets one live
// that says something now and then, however little that is. The times are the deployment's, made thirteen times shorter.
func TestAFeedWithAHeartbeatIsNotCut(t *testing.T) {
	const patience = 5 * time.Second
	text := silences.ReplaceAllStringFunc(string(read(t, "infra", "deploy", "haproxy", "haproxy.cfg")), func(line string) string {
		return line[:strings.LastIndex(line, " ")+1] + patience.String()
	})
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	project := newDummy(t, "project")
	all := []string{project.addr}
	proxy := harness.StartHAProxy(t, harness.Servers{Play: all, Watch: all, Project: all, File: file})
	follow := func(query string) *bufio.Scanner {
		answer, err := send(harness.Within(t, 2*time.Minute), http.MethodGet, proxy.URL()+"/api/events?follow=true"+query, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = answer.Body.Close() })
		return bufio.NewScanner(answer.Body)
	}
	beating, silent := follow("&every=500ms"), follow("")
	began := time.Now()
	for time.Since(began) < 2*patience {
		if !beating.Scan() {
			t.Fatalf("cut after %v: %v", time.Since(began), beating.Err())
		}
	}
	lines := 0
	for silent.Scan() {
		lines++
	}
	if lines != 1 || silent.Err() == nil {
		t.Errorf("%d lines of the silent feed, %v: it should have been cut, or this proves nothing", lines, silent.Err())
	}
}
