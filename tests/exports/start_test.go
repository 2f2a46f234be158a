//go:build linux

package exports_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// BenchmarkColdStart starts a server on the store of a million events, from the start of the process until /ready, with
// all views at their checkpoints: after it was stopped in order, and after a kill -9 among 300 games that are played as fast
// as they can be. log-MB is what the killed server's logs held. "empty cache" has the machine forget all it has read of its
// disks, which takes root. cpu-s is the process's own time until then: what is left on a machine that others use too.
func BenchmarkColdStart(b *testing.B) {
	data := filepath.Join(b.TempDir(), "data")
	if err := os.CopyFS(data, os.DirFS(many(b))); err != nil {
		b.Fatal(err)
	}
	s := harness.Start(b, harness.Env("PLY_DATA", data), harness.NoLimits)
	for _, c := range []struct {
		name         string
		kill, forget bool
	}{
		{"stopped", false, false}, {"stopped, empty cache", false, true},
		{"killed", true, false}, {"killed, empty cache", true, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			if c.forget && os.Getuid() != 0 {
				b.Skip("only root may empty the machine's cache")
			}
			worst, spent, logs := time.Duration(0), time.Duration(0), int64(0)
			for range b.N {
				b.StopTimer()
				viewsAreFolded(b, s.Admin)
				if c.kill {
					if r := ply(b, "load", "--url", s.URL, "--rounds", "1", "--games", "300", "--for", "3s"); r.code != 0 {
						b.Fatalf("%+v", r)
					}
					s.Kill9()
				} else {
					s.Stop()
				}
				logs += logBytes(b, data)
				if c.forget {
					forgetFiles(b)
				}
				began := time.Now()
				b.StartTimer()
				s.Restart()
				worst = max(worst, time.Since(began))
				spent += processorOf(b, s.PID())
			}
			b.ReportMetric(worst.Seconds(), "worst-s")
			b.ReportMetric(spent.Seconds()/float64(b.N), "cpu-s")
			b.ReportMetric(float64(logs)/float64(b.N)/1e6, "log-MB")
		})
	}
}

// viewsAreFolded waits until all views have what the store has.
func viewsAreFolded(b *testing.B, admin string) {
	b.Helper()
	harness.Eventually(b, 10*time.Minute, "all views are folded", func() bool {
		var shown struct {
			Views []struct{ Lag *float64 }
		}
		answer, err := http.Get(admin + "/admin/views")
		if err != nil {
			return false
		}
		defer func() { _ = answer.Body.Close() }()
		if json.NewDecoder(answer.Body).Decode(&shown) != nil {
			return false
		}
		for _, v := range shown.Views {
			if v.Lag == nil || *v.Lag > 0 {
				return false
			}
		}
		return len(shown.Views) > 0
	})
}

// logBytes is the size of the write-ahead logs of the events and of all views.
func logBytes(b *testing.B, data string) (sum int64) {
	b.Helper()
	for _, pattern := range []string{"events/*.log", "views/*/*.log"} {
		logs, err := filepath.Glob(filepath.Join(data, pattern))
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range logs {
			if info, err := os.Stat(name); err == nil {
				sum += info.Size()
			}
		}
	}
	return sum
}

// forgetFiles has the machine write out all files and forget their content.
func forgetFiles(b *testing.B) {
	b.Helper()
	syscall.Sync()
	if err := os.WriteFile("/proc/sys/vm/drop_caches", []byte("3\n"), 0); err != nil {
		b.Skip(err)
	}
}

// processorOf is how much of all cores' time a process has used.
func processorOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	// Behind the name, which ends with the last bracket: 11 numbers, then the ticks in the program and in the kernel.
	fields := strings.Fields(string(text[strings.LastIndex(string(text), ")")+1:]))
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return time.Duration(user+system) * time.Second / 100
}
