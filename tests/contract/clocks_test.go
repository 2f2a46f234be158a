package contract_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

func quoted(name string) []byte {
	b, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		panic("contract: a string always marshals: " + err.Error())
	}
	return b
}

// timed plays a few moves with pauses and recomputes every clock from the events alone, by section 13's formulas.
func timed(t *testing.T, s site, clock string, next func(left, elapsed, comp int64) int64) {
	b := s.started(t, clock, "")
	for i, m := range []string{"e2e4", "e7e5", "g1f3", "b8c6", "f1b5", "a7a6", "b5a4", "g8f6"} {
		pause(t, time.Duration(i%3)*150*time.Millisecond)
		seat := []string{"white", "black"}[i%2]
		b.do(t, seat, "move", fmt.Sprintf(`,"m":%q`, m))
	}
	left := map[string]int64{"white": 30000, "black": 30000}
	moved := map[string]bool{}
	for _, o := range s.lines(t, nobody, "/api/games/"+b.game+"/events?from=4") {
		seat, elapsed, lag, comp := o.str("seat"), o.num("elapsed"), o.num("lag"), o.num("comp")
		if elapsed < 0 || lag < 0 || comp < 0 || comp > min(lag, elapsed) {
			t.Errorf("elapsed %d, lag %d, comp %d in %v", elapsed, lag, comp, o)
		}
		if moved[seat] {
			left[seat] = next(left[seat], elapsed, comp)
		}
		moved[seat] = true
		run := `[]`
		if moved[other(seat)] {
			run = fmt.Sprintf(`[%q]`, other(seat))
		}
		must(t, o, `{"t":"move","clock":{"left":{"white":%d,"black":%d},"run":%s}}`, left["white"], left["black"], run)
	}
	// The pauses were the mover's: about as long as we made them, not less.
	third := s.lines(t, nobody, "/api/games/"+b.game+"/events?from=6&to=7")[0]
	if e := third.num("elapsed"); e < 250 || e > 3000 {
		t.Errorf("a pause of 300 ms was measured as %d", e)
	}
}

func clocksFischer(t *testing.T, s site) {
	timed(t, s, `{"type":"fischer","initial":30000,"increment":700}`, func(left, elapsed, comp int64) int64 {
		return left - max(0, elapsed-comp) + 700
	})
}

func clocksDelay(t *testing.T, s site) {
	timed(t, s, `{"type":"delay","initial":30000,"delay":200}`, func(left, elapsed, comp int64) int64 {
		return left - max(0, elapsed-comp-200)
	})
}

func clocksNoneAndDays(t *testing.T, s site) {
	b := s.started(t, `{"type":"none"}`, "")
	events, _ := b.do(t, "white", "move", `,"m":"e2e4"`)
	must(t, events[0], `{"t":"move","elapsed":"#","lag":"#","comp":"#","clock":"-"}`)
	b.do(t, "black", "move", `,"m":"e7e5"`)
	_, o := s.get(t, nobody, "/api/games/"+b.game)
	must(t, o, `{"clock":{"type":"none"}}`)
	must(t, s.lines(t, nobody, "/api/games/"+b.game+"/events?to=1")[0], `{"t":"created","clock":{"type":"none"}}`)
	events, _ = b.do(t, "white", "resign", "")
	must(t, events[0], `{"t":"ended","clock":"-"}`)

	b = s.started(t, `{"type":"days","days":2}`, "")
	events, _ = b.do(t, "white", "move", `,"m":"e2e4"`)
	must(t, events[0], `{"t":"move","clock":{"left":{"white":172800000,"black":172800000}}}`)
	b.do(t, "black", "move", `,"m":"e7e5"`)
	pause(t, 300*time.Millisecond)
	events, _ = b.do(t, "white", "move", `,"m":"g1f3"`)
	must(t, events[0], `{"t":"move","clock":{"left":{"white":172800000}}}`) // a full allowance for every move
}

func flagFalls(t *testing.T, s site) {
	b := s.started(t, `{"type":"fischer","initial":1000,"increment":0}`, "")
	b.moves(t, "white", "e2e4", "e7e5")
	began := time.Now()
	o := b.w.next()
	must(t, o, `{"t":"ended","v":7,"reason":"timeout","winner":"black","scores":{"white":0,"black":2},"clock":{"left":{"white":0,"black":1000},"run":[]}}`)
	if took := time.Since(began); took < 900*time.Millisecond || took > 3200*time.Millisecond {
		t.Errorf("a flag of 1 s fell after %v", took)
	}
	b.v = 7
	must(t, b.refused(t, "white", "move", `,"m":"g1f3"`, "game_over", false, 6), `{"reason":"timeout","winner":"black"}`)

	// A bare king can't win: the same flag is a draw.
	b = s.started(t, `{"type":"fischer","initial":1000,"increment":0}`, `,"setup":{"fen":"4k3/8/8/8/8/8/3Q4/4K3 w - - 0 1"}`)
	b.moves(t, "white", "d2c2", "e8e7")
	must(t, b.w.next(), `{"t":"ended","v":7,"reason":"timeout-insufficient","winner":"-","scores":{"white":1,"black":1}}`)
}

func noStart(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	k := s.ws(t, nobody, "/watch/"+b.game)
	began := time.Now()
	var o obj
	for o.str("t") != "ended" {
		if !k.more(40 * time.Second) {
			t.Fatal("nothing came for 40 s")
		}
		for len(k.queue) > 0 && o.str("t") != "ended" {
			o = k.next()
		}
	}
	must(t, o, `{"t":"ended","v":5,"reason":"no-start","winner":"-","scores":"-"}`)
	if took := time.Since(began); took < 28*time.Second || took > 34*time.Second {
		t.Errorf("ended after %v", took)
	}
}

func noStartSecond(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	pause(t, 5*time.Second)
	b.moves(t, "white", "e2e4")
	began := time.Now()
	for !b.w.more(time.Second) || len(b.w.queue) == 0 {
		if time.Since(began) > 40*time.Second {
			t.Fatal("nothing came for 40 s")
		}
	}
	must(t, b.w.next(), `{"t":"ended","v":6,"reason":"no-start","winner":"-","scores":"-"}`)
	if took := time.Since(began); took < 29*time.Second || took > 33*time.Second {
		t.Errorf("black's 30 s took %v", took)
	}
	// Without a clock and with one of days nobody has to begin.
	calm := s.started(t, `{"type":"none"}`, "")
	days := s.started(t, `{"type":"days","days":1}`, "")
	pause(t, 35*time.Second)
	for _, c := range []*board{calm, days} {
		c.moves(t, "white", "e2e4")
	}
}
