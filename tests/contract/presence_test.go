package contract_test

import (
	"testing"
	"time"
)

func crowd(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.w.await(patience, `{"t":"crowd","here":{"white":true,"black":true},"watchers":0,"v":"-"}`)
	k := s.ws(t, nobody, "/watch/"+b.game)
	must(t, k.next(), `{"t":"state"}`)
	k.await(patience, `{"t":"crowd","here":{"white":true,"black":true},"watchers":1}`)
	b.w.await(patience, `{"t":"crowd","watchers":1}`)
	_ = k.c.CloseNow()
	b.w.await(patience, `{"t":"crowd","watchers":0}`)
	_ = b.b.c.CloseNow()
	b.w.await(patience, `{"t":"crowd","here":{"white":true,"black":false}}`)
	_, o := s.get(t, nobody, "/api/games/"+b.game)
	must(t, o, `{"players":{"white":{"here":true},"black":{"here":false}}}`)
}

func goneAndClaimed(t *testing.T, s site) {
	for _, c := range []struct {
		claim, reason, winner string
		clock                 string
		after                 int64
	}{
		{"claim-victory", "abandoned", `"white"`, `{"type":"fischer","initial":240000,"increment":0}`, 30000},
		{"claim-draw", "abandoned", `"-"`, `{"type":"fischer","initial":480000,"increment":0}`, 60000},
	} {
		t.Run(c.claim, func(t *testing.T) {
			t.Parallel()
			b := s.started(t, c.clock, "")
			b.moves(t, "white", "e2e4", "e7e5", "g1f3")
			refusal := b.refused(t, "white", c.claim, "", "too_early", false, b.v)
			must(t, refusal, `{"after":"-"}`) // black is here: nobody knows when
			left := time.Now()
			_ = b.b.c.CloseNow()
			b.w.await(20*time.Second, `{"t":"gone","seat":"black","claim":%d,"v":"-"}`, c.after)
			if took := time.Since(left); took < 4500*time.Millisecond || took > 8*time.Second {
				t.Errorf("gone after %v", took)
			}
			gone := time.Now()
			refusal = b.refused(t, "white", c.claim, "", "too_early", true, b.v)
			if after := refusal.num("after"); after <= 0 || after > c.after {
				t.Errorf("after %d", after)
			}
			b.b = s.ws(t, b.black, "/play/"+b.game)
			b.w.await(20*time.Second, `{"t":"gone","seat":"black","claim":"-"}`)
			b.b.until("live")
			b.moves(t, "black", "b8c6")
			b.moves(t, "white", "f1b5")
			_ = b.b.c.CloseNow()
			b.w.await(20*time.Second, `{"t":"gone","seat":"black","claim":%d}`, c.after)
			gone = time.Now()
			pause(t, time.Duration(c.after)*time.Millisecond-time.Since(gone)+300*time.Millisecond)
			b.w.send(`{"t":%q,"id":"claim","v":%d}`, c.claim, b.v)
			ended := b.w.next()
			if ended.str("code") == "too_early" { // absence counts on the live clock, which stands still on a starved machine
				after := time.Duration(ended.num("after")) * time.Millisecond
				if after > 5*time.Second {
					t.Errorf("still %v to wait", after)
				}
				pause(t, after+50*time.Millisecond)
				b.w.send(`{"t":%q,"id":"claim","v":%d}`, c.claim, b.v)
				ended = b.w.next()
			}
			must(t, ended, `{"t":"ended","v":10,"reason":%q,"winner":%s}`, c.reason, c.winner)
			must(t, b.w.next(), `{"t":"ok","id":"claim","v":10}`)
		})
	}
}
