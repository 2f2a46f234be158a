package contract_test

import (
	"strings"
	"testing"
	"time"
)

// delayEverywhere: everyone without a seat lags, on every path, until the end.
func delayEverywhere(t *testing.T, s site) {
	const lag = 6 * time.Second
	b := s.started(t, fischer, `,"delay":6000`)
	pause(t, 8500*time.Millisecond) // the start itself has become visible, even to the longest delay
	late := s.ws(t, nobody, "/watch/"+b.game)
	must(t, late.next(), `{"t":"state","v":4,"delay":6000}`)
	must(t, late.next(), `{"t":"live","v":4}`)
	longer := s.ws(t, nobody, "/watch/"+b.game+"?delay=7500")
	smaller := s.ws(t, nobody, "/watch/"+b.game+"?from=4&delay=10")
	seated := s.ws(t, b.white, "/watch/"+b.game+"?from=4") // a seat's own token gives the watchers' audience here
	boards := s.ws(t, nobody, "/watch?games="+b.game)
	began := time.Now()
	b.moves(t, "white", "e2e4", "e7e5") // 5, 6
	eve := s.guest(t, "Eve")
	path := "/api/games/" + b.game
	for _, p := range []person{nobody, eve} {
		_, o := s.get(t, p, path)
		must(t, o, `{"t":"state","v":4,"turn":["white"],"view":{"moves":[]}}`)
		if n := len(s.lines(t, p, path+"/events")); n != 4 {
			t.Errorf("%d events are visible", n)
		}
		if status, _ := s.get(t, p, path+"?v=5"); status != 404 {
			t.Errorf("?v=5 answered %d", status)
		}
		if _, _, pgn := s.http(t, "GET", p, path+".pgn", ""); strings.Contains(pgn, "e4") {
			t.Errorf("the PGN shows %s", pgn)
		}
		s.ws(t, p, "/watch/"+b.game+"?from=5").closed(patience, 4004, "")
	}
	_, o := s.get(t, b.white, path) // those who play see everything
	must(t, o, `{"v":6}`)
	if n := len(s.lines(t, b.black, path+"/events")); n != 6 {
		t.Errorf("black sees %d events", n)
	}
	must(t, seated.until("move"), `{"v":5}`)
	if took := time.Since(began); took < lag-300*time.Millisecond || took > lag+1500*time.Millisecond {
		t.Errorf("the watch socket of a seat got the move after %v", took)
	}
	for name, k := range map[string]*sock{"plain": late, "smaller": smaller, "boards": boards} {
		must(t, k.until("move"), `{"v":5}`)
		if took := time.Since(began); took > lag+2500*time.Millisecond {
			t.Errorf("%s: the move came after %v", name, took)
		}
	}
	must(t, longer.until("move"), `{"v":5}`)
	if took := time.Since(began); took < 7200*time.Millisecond {
		t.Errorf("longer: the move came after %v", took)
	}
	b.do(t, "white", "move", `,"m":"g1f3"`)
	b.do(t, "black", "resign", "")
	ended := time.Now()
	must(t, late.until("ended"), `{"v":8}`)
	must(t, longer.until("ended"), `{"v":8}`)
	if took := time.Since(ended); took > time.Second {
		t.Errorf("the end was released after %v", took)
	}
	_, o = s.get(t, nobody, path)
	must(t, o, `{"v":8,"status":"ended"}`)
	must(t, o, `{"view":{"moves":["e2e4","e7e5","g1f3"]}}`)
}
