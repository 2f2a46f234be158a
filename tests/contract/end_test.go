package contract_test

import (
	"testing"
	"time"
)

// Sections 6.2 and 13: when a socket ends after its game has.

func endOfPlaySockets(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	b.do(t, "white", "resign", "")
	ended := time.Now()
	pause(t, 30*time.Second)
	late := s.ws(t, b.black, "/play/"+b.game+"?from=6")
	must(t, late.next(), `{"t":"ended","v":7}`)
	must(t, late.next(), `{"t":"live","v":7}`)
	b.w.closed(40*time.Second, 4505, "")
	if took := time.Since(ended); took < 58*time.Second || took > 64*time.Second {
		t.Errorf("the play socket was closed after %v", took)
	}
	late.closed(8*time.Second, 4505, "") // what was left of the same 60 s
}

func endOfWatchSockets(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	k := s.ws(t, nobody, "/watch/"+b.game)
	b.moves(t, "white", "e2e4", "e7e5")
	b.do(t, "white", "resign", "")
	ended := time.Now()
	k.closed(20*time.Second, 4505, "")
	if took := time.Since(ended); took < 9*time.Second || took > 13*time.Second {
		t.Errorf("the watch socket was closed after %v", took)
	}
}

func endOfLateSockets(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	b.do(t, "white", "resign", "")
	pause(t, 62*time.Second)
	for _, query := range []string{"", "?from=7", "?from=3"} {
		k := s.ws(t, nobody, "/watch/"+b.game+query)
		k.until("live")
		k.closed(4*time.Second, 4505, "")
	}
	k := s.ws(t, b.black, "/play/"+b.game)
	opened := time.Now()
	must(t, k.next(), `{"t":"state","v":7,"status":"ended","reason":"resign","winner":"black","chain":"*"}`)
	must(t, k.next(), `{"t":"live","v":7}`)
	k.closed(12*time.Second, 4505, "")
	if took := time.Since(opened); took < 4500*time.Millisecond {
		t.Errorf("the late play socket was closed after %v", took)
	}
}
