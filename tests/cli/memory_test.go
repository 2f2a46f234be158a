package cli_test

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"testing"
)

// TestCollectsLess: a server collects garbage less often than Go's default, within what the machine has, unless whoever
// starts it says otherwise.
func TestCollectsLess(t *testing.T) {
	for _, c := range []struct {
		name    string
		env     []string
		percent float64
		limited bool
	}{
		{"by default", []string{"GOGC=", "GOMEMLIMIT="}, 300, true},
		{"GOGC is set", []string{"GOGC=50", "GOMEMLIMIT="}, 50, false},
		{"GOMEMLIMIT is set", []string{"GOGC=", "GOMEMLIMIT=1TiB"}, 100, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, t.TempDir(), c.env...)
			if got := s.metric("go_gc_gogc_percent"); got != c.percent {
				t.Errorf("garbage collection at %v %%, want %v", got, c.percent)
			}
			limit := s.metric("go_gc_gomemlimit_bytes")
			if limited := limit < 1<<40; limited != c.limited {
				t.Errorf("memory limit %v, want one by the machine's memory: %v", limit, c.limited)
			}
		})
	}
}

// metric reads a metric without labels off the second listener.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	answer, err := http.Get(s.admin + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^` + name + ` (.*)$`).FindSubmatch(text)
	if line == nil {
		s.t.Fatalf("no metric %s", name)
	}
	value, err := strconv.ParseFloat(string(line[1]), 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return value
}
