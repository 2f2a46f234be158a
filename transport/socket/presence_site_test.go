package socket_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/socket"
)

// notebook is a socket.Site that writes down what the other servers would be told.
type notebook struct {
	mu    sync.Mutex
	lines []string
	more  chan struct{}
}

func (n *notebook) note(format string, args ...any) {
	n.mu.Lock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
	n.mu.Unlock()
	select {
	case n.more <- struct{}{}:
	default:
	}
}

func (n *notebook) Changed(id string, urgent bool) { n.note("%s changed, urgent %v", id, urgent) }
func (n *notebook) Rematch(id string, by game.Seat, next string) {
	n.note("%s: %s wants %s", id, by, next)
}

// wait blocks until a line is in the book.
func (n *notebook) wait(t *testing.T, line string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		n.mu.Lock()
		found := slices.Contains(n.lines, line)
		n.mu.Unlock()
		if found {
			return
		}
		select {
		case <-n.more:
		case <-deadline:
			t.Fatalf("no %q in %q", line, n.lines)
		}
	}
}

// newSiteRig is a rig that is one server of several; it hears the others if sighted.
func newSiteRig(t *testing.T, sighted bool) (*rig, *socket.Presence, *notebook) {
	book := &notebook{more: make(chan struct{}, 1)}
	var presence *socket.Presence
	r := newRig(t, func(_ *socket.Config, d *socket.Deps) { presence = d.Presence; presence.Join(book) })
	if sighted {
		presence.Sighted(true)
	}
	r.Begin(id)
	return r, presence, book
}

// on makes what another server says of a game.
func on(watchers int, seats ...game.Seat) map[string]socket.Attendance {
	return map[string]socket.Attendance{id: {Seats: seats, Watchers: watchers}}
}

// crowd reads until the crowd is so.
func (p *peer) crowd(want string) {
	p.t.Helper()
	for {
		m, _ := p.until("crowd")
		if got := fmt.Sprint(m["here"], m["watchers"]); got == want {
			return
		}
	}
}

func TestTheOthersAreToldWhoIsHere(t *testing.T) {
	r, presence, book := newSiteRig(t, true)
	ann := r.dial("/play/"+id, "t-ann")
	book.wait(t, id+" changed, urgent true")
	eve := r.dial("/watch/"+id, "")
	book.wait(t, id+" changed, urgent false")
	again := r.dial("/play/"+id, "t-ann")
	again.until("live")
	want := socket.Attendance{Seats: []game.Seat{"white"}, Watchers: 1}
	if got := presence.Own(id); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("own %v", got)
	}
	if all := presence.OwnAll(); len(all) != 1 || fmt.Sprint(all[id]) != fmt.Sprint(want) {
		t.Errorf("all %v", all)
	}
	presence.Rematch(id, "white", "next")
	book.wait(t, id+": white wants next")
	_ = ann.c.CloseNow()
	_ = again.c.CloseNow()
	eve.crowd("map[black:false white:false] 1")
	_ = eve.c.CloseNow()
	for !presence.Own(id).None() { // its end is noticed by and by
		select {
		case <-book.more:
		case <-time.After(20 * time.Second):
			t.Fatal("a watcher that left is counted")
		}
	}
	if all := presence.OwnAll(); len(all) != 0 {
		t.Errorf("all %v", all)
	}
}

func TestWhatOthersSayIsMerged(t *testing.T) {
	t.Parallel()
	r, presence, _ := newSiteRig(t, true)
	ann := r.dial("/play/"+id, "t-ann")
	ann.crowd("map[black:false white:true] 0")
	presence.Heard("b", on(1000, "black"), false)
	presence.Heard("c", on(234, "black"), false)
	ann.crowd("map[black:true white:true] 1234")
	if presence.Absent(id, "black") != game.Present || presence.Holds(id, "black") || !presence.Holds(id, "white") {
		t.Error("black has a socket, elsewhere")
	}
	late := r.dial("/watch/"+id, "")
	state, _ := late.until("state")
	if black := state["players"].(map[string]any)["black"].(map[string]any); black["here"] != true {
		t.Errorf("state: %v", black)
	}
	// One of two servers loses it; then the other dies.
	presence.Heard("b", on(1000), false)
	if presence.Absent(id, "black") != game.Present {
		t.Error("absent although the other has it")
	}
	presence.Silent("c")
	ann.crowd("map[black:false white:true] 1001")
	if absent := presence.Absent(id, "black"); absent < 0 || absent > 4000 {
		t.Errorf("absent for %d ms", absent)
	}
	if m, _ := ann.until("gone"); m["seat"] != "black" || m["claim"] != 30_000.0 {
		t.Errorf("told %v", m)
	}
	if absent := presence.Absent(id, "black"); absent < game.GoneAfter {
		t.Errorf("gone after %d ms", absent)
	}
	// Everything is said again, with black in it and without the watchers.
	presence.Heard("b", on(0, "black"), true)
	if m, _ := ann.until("gone"); m["seat"] != "black" || m["claim"] != nil {
		t.Errorf("told %v", m)
	}
	ann.crowd("map[black:true white:true] 1")
	presence.Heard("b", nil, true)
	ann.crowd("map[black:false white:true] 1")
}

func TestNobodyIsGoneOnTheWordOfServersThatAreNotHeard(t *testing.T) {
	t.Parallel()
	r, presence, _ := newSiteRig(t, false)
	ann, bob := r.dial("/play/"+id, "t-ann"), r.dial("/play/"+id, "t-bob")
	ann.crowd("map[black:true white:true] 0")
	_ = bob.c.CloseNow()
	ann.crowd("map[black:false white:true] 0") // here it is not
	left := time.Now()
	for range 6 { // ... but perhaps elsewhere
		<-time.After(time.Second)
		if absent := presence.Absent(id, "black"); absent != game.Present {
			t.Fatalf("absent for %d ms", absent)
		}
	}
	presence.Sighted(true)
	if absent := presence.Absent(id, "black"); absent < 0 || absent > time.Since(left).Milliseconds()-5000 {
		t.Errorf("absent for %d ms", absent)
	}
	ann.until("gone")
	if passed := time.Since(left); passed < 11*time.Second {
		t.Errorf("gone %v after it left, 6 s of them unknown", passed)
	}
	presence.Sighted(false)
	if presence.Absent(id, "black") != game.Present {
		t.Error("absent on the word of nobody")
	}
}

func TestARematchFromAnotherServerIsShown(t *testing.T) {
	r, presence, book := newSiteRig(t, true)
	ann := r.dial("/play/"+id, "t-ann")
	ann.until("live")
	presence.HeardRematch(id, "black", "next")
	if m, _ := ann.until("rematch"); m["game"] != "next" || m["seat"] != "black" {
		t.Errorf("told %v", m)
	}
	book.mu.Lock()
	defer book.mu.Unlock()
	for _, line := range book.lines {
		if line == id+": black wants next" {
			t.Error("what was heard is told again")
		}
	}
}
