package load

import (
	"testing"
	"time"

	"github.com/plygames/ply/transport/client"
)

func TestHistogram(t *testing.T) {
	h, other := histogram{}, histogram{}
	for i := 1; i <= 50; i++ {
		h.add(time.Duration(i) * time.Millisecond)
		other.add(time.Duration(50+i) * time.Millisecond)
	}
	h.merge(other)
	if h.count() != 100 {
		t.Errorf("%d counted", h.count())
	}
	for q, want := range map[float64]float64{0: 1, .5: 51, .99: 100, 1: 100} {
		got := h.quantile(q)
		if ms := float64(got) / float64(time.Millisecond); ms > want || ms < want*.984 {
			t.Errorf("quantile %v is %v, want %v ms", q, got, want)
		}
	}
	if (histogram{}).quantile(.5) != 0 {
		t.Error("a quantile of nothing")
	}
	h.add(-time.Second)
	if h.quantile(0) != 0 {
		t.Error("seen before it was sent is not 0")
	}
}

// TestEarlySight: a watcher may see a move before its process is told when the move was sent.
func TestEarlySight(t *testing.T) {
	g := newGallery()
	g.see(client.Message{Type: "move", V: 5})
	g.see(client.Message{Type: "draw-offered", V: 6})
	if n := g.take().count(); n != 0 {
		t.Fatalf("%d seen, of unknown age", n)
	}
	g.see(client.Message{Type: "move", V: 7})
	g.sentAt(7, time.Now().Add(-time.Second))
	g.see(client.Message{Type: "move", V: 7})
	seen := g.take()
	if seen.count() != 2 || seen.quantile(0) < 900*time.Millisecond {
		t.Errorf("%v", seen)
	}
}
