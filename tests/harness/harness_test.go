package harness_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

func TestServerLivesThroughEverything(t *testing.T) {
	s := harness.Start(t, harness.NoLimits)
	url := s.URL
	alive := func() bool {
		c := http.Client{Timeout: 200 * time.Millisecond}
		answer, err := c.Get(url + "/livez")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}
	if !alive() {
		t.Fatal("not alive after the start")
	}
	if s.Metric("process_cpu_seconds_total") <= 0 {
		t.Error("no metrics")
	}
	s.Pause()
	if alive() {
		t.Error("alive while paused")
	}
	s.Resume()
	harness.Eventually(t, 30*time.Second, "alive after a pause", alive)
	s.Kill9()
	if alive() {
		t.Error("alive after kill -9")
	}
	s.Restart()
	if s.URL != url || !alive() {
		t.Error("not back where it was")
	}
	s.Stop()
	if alive() {
		t.Error("alive after SIGTERM")
	}
}
