package hostile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/network"
)

// However many connections strangers open, the server keeps files for itself: it must open some to write.
func TestConnectionsLeaveFiles(t *testing.T) {
	const files, crowd = 200, 400
	harness.NeedPackage(t, "util-linux", "prlimit")
	s := startSiteAt(t, network.Place{Exec: []string{"prlimit", fmt.Sprintf("--nofile=%d", files)}})
	before := s.metrics(t)
	h := &honestly{again: map[string]int{}}
	m := h.open(t, s) // before the crowd: whoever comes later is turned away with it
	w := s.attack(t, network.Place{}, orders{Each: map[string]int{"silence": crowd}})
	harness.Eventually(t, patience, "the crowd is there", func() bool { return w.connections() > 2*crowd })
	const open = "process_open_fds"
	most := 0.0
	for ply := range 12 {
		most = max(most, s.metrics(t)[open])
		h.play(t, m, ply)
		<-time.After(50 * time.Millisecond)
	}
	t.Logf("%v files were open at most, %d connections came", most, w.connections())
	if most < files/2 || most > files*3/4+slack {
		t.Errorf("%v files were open, want up to three quarters of %d", most, files)
	}
	w.leave()
	m.leave()
	s.settles(t, before)
	m = h.open(t, s)
	h.play(t, m, 0)
	m.leave()
}
