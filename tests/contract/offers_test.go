package contract_test

import "testing"

func drawOffers(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	b.refused(t, "white", "draw-decline", "", "no_offer", false, b.v)
	b.do(t, "white", "draw-offer", "")
	_, o := s.get(t, nobody, "/api/games/"+b.game)
	must(t, o, `{"offers":[{"kind":"draw","seat":"white","v":7}]}`)
	again := b.refused(t, "white", "draw-offer", "", "too_early", false, b.v)
	must(t, again, `{"after":"-"}`)
	b.refused(t, "white", "draw-accept", "", "no_offer", false, b.v) // one's own offer can't be accepted
	events, _ := b.do(t, "black", "draw-decline", "")
	must(t, events[0], `{"t":"draw-declined","v":8,"seat":"black"}`)
	b.refused(t, "white", "draw-offer", "", "too_early", false, b.v) // declined or not: once per own move
	b.moves(t, "white", "g1f3")
	b.do(t, "white", "draw-offer", "") // 10
	b.moves(t, "black", "b8c6")        // lapses, without an event
	_, o = s.get(t, nobody, "/api/games/"+b.game)
	must(t, o, `{"v":11,"offers":[]}`)
	b.refused(t, "black", "draw-accept", "", "no_offer", false, b.v)
	b.moves(t, "white", "f1b5")
	b.do(t, "white", "draw-offer", "") // 13
	b.do(t, "white", "add-time", "")   // 14
	events, _ = b.do(t, "black", "draw-accept", "")
	must(t, events[0], `{"t":"ended","v":15,"reason":"agreement","winner":"-","scores":{"white":1,"black":1}}`)
}

func drawOffersCross(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	b.do(t, "white", "draw-offer", "")
	b.b.send(`{"t":"draw-offer","id":"cross","v":6}`) // made before it saw the other offer
	must(t, b.b.next(), `{"t":"ended","v":8,"reason":"agreement"}`)
	must(t, b.b.next(), `{"t":"ok","id":"cross","v":8}`)
}

func drawClaims(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "g1f3", "g8f6")
	must(t, b.refused(t, "white", "draw-claim", "", "too_early", false, b.v), `{"after":"-"}`)
	b.refused(t, "black", "draw-claim", "", "not_your_turn", false, b.v)
	b.moves(t, "white", "f3g1", "f6g8", "g1f3", "g8f6", "f3g1", "f6g8")
	events, _ := b.do(t, "white", "draw-claim", "")
	must(t, events[0], `{"t":"ended","v":13,"reason":"threefold","winner":"-","scores":{"white":1,"black":1}}`)

	b = s.started(t, fischer, "")
	b.moves(t, "white", "g1f3", "g8f6", "f3g1", "f6g8", "g1f3", "g8f6", "f3g1", "f6g8",
		"g1f3", "g8f6", "f3g1", "f6g8", "g1f3", "g8f6", "f3g1")
	b.b.send(`{"t":"move","id":"five","v":%d,"m":"f6g8"}`, b.v)
	must(t, b.b.next(), `{"t":"move","v":20}`)
	must(t, b.b.next(), `{"t":"ended","v":21,"reason":"fivefold","winner":"-"}`)
	must(t, b.b.next(), `{"t":"ok","id":"five","v":21}`)
}

func takebacks(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5", "g1f3") // 7, black to move
	events, _ := b.do(t, "white", "takeback-offer", "")
	must(t, events[0], `{"t":"takeback-offered","v":8,"seat":"white","plies":1}`)
	_, o := s.get(t, nobody, "/api/games/"+b.game)
	must(t, o, `{"offers":[{"kind":"takeback","seat":"white","v":8}]}`)
	events, _ = b.do(t, "black", "takeback-accept", "")
	must(t, events[0], `{"t":"takeback","v":9,"plies":1,"turn":["white"],"clock":{"run":["white"]},
		"view":{"moves":["e2e4","e7e5"],"fen":"rnbqkbnr/pppp1ppp/8/4p3/4P3/8/PPPP1PPP/RNBQKBNR w KQkq - 0 2"}}`)
	b.refused(t, "white", "move", `,"m":"b1c3"`, "version_conflict", false, 7) // the turn has changed since
	b.moves(t, "white", "b1c3")                                                // 10
	events, _ = b.do(t, "black", "takeback-offer", "")
	must(t, events[0], `{"t":"takeback-offered","v":11,"seat":"black","plies":2}`)
	events, _ = b.do(t, "white", "takeback-decline", "")
	must(t, events[0], `{"t":"takeback-declined","v":12,"seat":"white","plies":2}`)
	b.refused(t, "white", "takeback-accept", "", "no_offer", false, b.v)
	b.moves(t, "black", "b8c6") // 13
	events, _ = b.do(t, "white", "takeback-offer", "")
	must(t, events[0], `{"t":"takeback-offered","v":14,"plies":2}`)
	b.moves(t, "white", "f1b5") // lapses with any move
	b.refused(t, "black", "takeback-accept", "", "no_offer", false, b.v)
	b.do(t, "white", "takeback-offer", "")
	b.do(t, "black", "takeback-offer", "") // an offer while the other's stands accepts it
	_, o = s.get(t, nobody, "/api/games/"+b.game)
	must(t, o, `{"v":17,"turn":["white"],"offers":[],"view":{"moves":["e2e4","e7e5","b1c3","b8c6"]}}`)

	b = s.started(t, fischer, "") // black has not moved yet and takes nothing back
	b.moves(t, "white", "e2e4")
	b.b.send(`{"t":"takeback-offer","id":"x","v":5}`)
	must(t, b.b.next(), `{"t":"error","id":"x","retry":false,"v":5}`)
}

func addTime(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	events, _ := b.do(t, "black", "add-time", "")
	must(t, events[0], `{"t":"time-added","v":7,"seat":"black","to":"white","ms":15000,"clock":{"left":{"white":"#","black":600000},"run":["white"]}}`)
	if left := events[0].num("clock.left.white"); left <= 600000 || left > 615000 {
		t.Errorf("white has %d", left)
	}
	events, _ = b.do(t, "white", "add-time", "")
	must(t, events[0], `{"t":"time-added","v":8,"seat":"white","to":"black","clock":{"left":{"black":615000}}}`)
}

func rematch(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.w.send(`{"t":"rematch","id":"r","v":4}`) // not yet: which refusal is not named by the page, but it is one
	must(t, b.w.next(), `{"t":"error","id":"r","retry":false,"v":4}`)
	b.moves(t, "white", "e2e4")
	b.do(t, "black", "abort", "")
	b.b.send(`{"t":"rematch","id":"r","v":6}`)
	o := b.b.next()
	must(t, o, `{"t":"ok","id":"r","v":6,"game":"*"}`)
	next := o.str("game")
	must(t, b.w.next(), `{"t":"rematch","seat":"black","game":%q}`, next)
	b.b.send(`{"t":"rematch","id":"r","v":6}`)
	must(t, b.b.next(), `{"t":"ok","id":"r","game":%q,"duplicate":true}`, next)
	_, o = s.get(t, b.black, "/api/games/"+next)
	must(t, o, `{"status":"open","seat":"white","players":{"white":{"id":%q},"black":"-"},"clock":{"type":"fischer","initial":600000}}`, b.black.id)
	b.w.send(`{"t":"rematch","id":"r","v":6}`)
	must(t, b.w.next(), `{"t":"ok","id":"r","game":%q}`, next)
	k := s.ws(t, b.white, "/play/"+next)
	must(t, k.next(), `{"t":"state","v":4,"status":"ready","seat":"black"}`)
}

func rematchAtOnce(t *testing.T, s site) {
	for range 5 {
		b := s.started(t, fischer, "")
		b.moves(t, "white", "e2e4", "e7e5")
		b.do(t, "white", "resign", "")
		b.w.send(`{"t":"rematch","id":"r","v":7}`)
		b.b.send(`{"t":"rematch","id":"r","v":7}`)
		games := [2]string{b.w.until("ok").str("game"), b.b.until("ok").str("game")}
		if games[0] == "" || games[0] != games[1] {
			t.Fatalf("the next games are %q", games)
		}
		_, o := s.get(t, nobody, "/api/games/"+games[0])
		must(t, o, `{"status":"ready","players":{"white":{"id":%q},"black":{"id":%q}}}`, b.black.id, b.white.id)
	}
}
