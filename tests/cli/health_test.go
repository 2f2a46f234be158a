package cli_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthAsksTheServer(t *testing.T) {
	s := start(t, t.TempDir())
	addr := strings.TrimPrefix(s.addr, "http://")
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]result{
		"by its variable":                run(t, []string{"PLY_ADDR=" + addr}, "health"),
		"that listens on all interfaces": run(t, []string{"PLY_ADDR=:" + port}, "health"),
		"the same, written out":          run(t, []string{"PLY_ADDR=0.0.0.0:" + port}, "health"),
		"by flag":                        run(t, nil, "health", "--addr", addr),
		"elsewhere":                      run(t, []string{"PLY_ADDR=127.0.0.1:1"}, "health", s.addr+"/"),
	} {
		if r.code != 0 || !strings.Contains(r.out, "is ready") || r.errors != "" {
			t.Errorf("%s: code %d, %q, %q", name, r.code, r.out, r.errors)
		}
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.exit()
	if r := run(t, nil, "health", s.addr); r.code != 1 || !strings.Contains(r.errors, "does not answer") {
		t.Errorf("after its end: code %d, %q", r.code, r.errors)
	}
}

func TestHealthOfAServerThatIsNotReady(t *testing.T) {
	for status, body := range map[int]string{404: `{"status":"draining"}`, 503: `{"status":"starting"}`, 302: "", 500: "no JSON"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/ready" {
				t.Errorf("asked for %s", r.URL)
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		if r := run(t, nil, "health", server.URL); r.code != 1 || !strings.Contains(r.errors, "is not ready") || r.out != "" {
			t.Errorf("%d: code %d, %q, %q", status, r.code, r.out, r.errors)
		}
		server.Close()
	}
}

func TestHealthOfAnAddressThatIsNone(t *testing.T) {
	for _, args := range [][]string{{"health", "--addr", "nowhere"}, {"health", "http://a b"}} {
		if r := run(t, nil, args...); r.code != 2 || r.out != "" {
			t.Errorf("%v: code %d, %q", args, r.code, r.errors)
		}
	}
}
