package contract_test

import (
	"fmt"
	"strings"
	"testing"
)

// Sections 6.3 and 13: what is accepted, what is refused, and in which order.

func refusalOrder(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4")
	try := func(send, want string) {
		t.Helper()
		b.w.send("%s", send)
		must(t, b.w.next(), "%s", want)
	}
	// Each line breaks this rule and ones that come later in the order.
	try(`{"t":"mov","id":"o-1","v":99}`, `{"t":"error","id":"o-1","code":"unknown_type","retry":false,"v":5}`)
	try(`{"t":"move","id":"o-2","v":99,"m":"`+strings.Repeat("x", 1025)+`"}`, `{"t":"error","id":"o-2","code":"invalid_field","retry":false}`)
	try(`{"t":"move","id":"o 3","v":5,"m":"e2e4"}`, `{"t":"error","id":"-","code":"invalid_field","retry":false}`)
	try(`{"t":"move","id":"o-4","v":99,"m":"e2e4"}`, `{"t":"error","id":"o-4","code":"version_conflict","retry":false,"v":5}`)
	try(`{"t":"move","id":"o-5","v":4,"m":"d2d4"}`, `{"t":"error","id":"o-5","code":"version_conflict","retry":false,"v":5}`)
	try(`{"t":"move","id":"o-6","v":5,"m":"a1a8"}`, `{"t":"error","id":"o-6","code":"not_your_turn","retry":false,"v":5}`)
	try(`{"t":"draw-accept","id":"o-7","v":5}`, `{"t":"error","id":"o-7","code":"no_offer","retry":false,"v":5}`)
	for i, m := range []string{"e7e9", "z9z9", "", "e7e5 ", "E7E5", "e2e4", "0000", "♞", "e7e5q", "9007199254740993"} {
		b.b.send(`{"t":"move","id":"m-%d","v":5,"m":%q}`, i, m)
		must(t, b.b.next(), `{"t":"error","id":"m-%d","code":"illegal_move","message":"*","retry":false,"v":5}`, i)
	}
	stranger := s.guest(t, "Eve")
	status, o := s.post(t, stranger, "/api/games/"+b.game+"/commands", `{"t":"move","id":"o-8","v":99,"m":"e7e5"}`)
	if status != 403 {
		t.Errorf("%d %v", status, o)
	}
	must(t, o, `{"t":"error","id":"o-8","code":"not_a_player","retry":false}`)
	// A refusal is not remembered: the same id decided afresh, and then done.
	b.b.send(`{"t":"move","id":"m-0","v":5,"m":"e7e5"}`)
	must(t, b.b.next(), `{"t":"move","v":6,"m":"e7e5"}`)
	must(t, b.b.next(), `{"t":"ok","id":"m-0","v":6,"duplicate":"-"}`)
	must(t, b.w.next(), `{"t":"move","v":6}`)
	b.v = 6
	b.do(t, "white", "resign", "")
	// After the end: a known id still answers, everything else is over, whatever its basis.
	b.b.send(`{"t":"move","id":"m-0","v":5,"m":"e7e5"}`)
	must(t, b.b.next(), `{"t":"ok","id":"m-0","v":6,"duplicate":true}`)
	b.b.send(`{"t":"move","id":"late","v":99,"m":"e7e5"}`)
	must(t, b.b.next(), `{"t":"error","id":"late","code":"game_over","reason":"resign","winner":"black","retry":false,"v":7}`)
}

func basis(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	b.do(t, "black", "add-time", "")   // 7
	b.do(t, "black", "draw-offer", "") // 8
	// Neither changed position or turn: a move from 6 is as good as one from 8.
	b.w.send(`{"t":"move","id":"w","v":6,"m":"g1f3"}`)
	must(t, b.w.next(), `{"t":"move","v":9}`)
	must(t, b.w.next(), `{"t":"ok","v":9}`)
	must(t, b.b.next(), `{"t":"move","v":9}`)
	b.v = 9
	b.refused(t, "black", "move", `,"m":"b8c6"`, "version_conflict", false, 8)
	b.do(t, "black", "move", `,"m":"b8c6"`) // 10
	b.do(t, "white", "draw-offer", "")      // 11
	b.refused(t, "black", "draw-accept", "", "version_conflict", false, 10)
	b.refused(t, "black", "draw-decline", "", "version_conflict", false, 12)
	b.do(t, "black", "draw-decline", "")
	b.b.send(`{"t":"resign","id":"old","v":1}`) // resign has no basis
	must(t, b.b.next(), `{"t":"ended","v":13,"reason":"resign","winner":"white"}`)
}

func duplicates(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.w.send(`{"t":"move","id":"d","v":4,"m":"e2e4"}`)
	must(t, b.w.next(), `{"t":"move","v":5}`)
	must(t, b.w.next(), `{"t":"ok","id":"d","v":5}`)
	must(t, b.b.next(), `{"t":"move","v":5}`)
	b.v = 5
	b.do(t, "black", "move", `,"m":"e7e5"`)
	again := func() {
		t.Helper()
		b.w.send(`{"t":"move","id":"d","v":4,"m":"e2e4"}`)
		must(t, b.w.next(), `{"t":"ok","id":"d","v":5,"duplicate":true}`)
		b.w.send(`{"t":"move","id":"d","v":6,"m":"e2e4"}`) // v is not content
		must(t, b.w.next(), `{"t":"ok","id":"d","v":5,"duplicate":true}`)
		b.w.send(`{"m":"e2e4","v":4,"id":"d","t":"move"}`) // nor is the order of the fields
		must(t, b.w.next(), `{"t":"ok","id":"d","v":5,"duplicate":true}`)
		b.w.send(`{"t":"move","id":"d","v":4,"m":"e2e3"}`)
		must(t, b.w.next(), `{"t":"error","id":"d","code":"command_id_reused","retry":false}`)
		b.w.send(`{"t":"resign","id":"d","v":4}`)
		must(t, b.w.next(), `{"t":"error","id":"d","code":"command_id_reused","retry":false}`)
		status, o := s.post(t, b.white, "/api/games/"+b.game+"/commands", `{"t":"move","id":"d","v":4,"m":"e2e4"}`)
		if status != 200 {
			t.Errorf("over HTTP: %d", status)
		}
		must(t, o, `{"t":"ok","id":"d","v":5,"duplicate":true}`)
	}
	again()
	b.b.send(`{"t":"move","id":"d","v":6,"m":"e2e4"}`) // another player's id is another id
	must(t, b.b.next(), `{"t":"error","id":"d","code":"not_your_turn"}`)
	b.do(t, "black", "resign", "")
	again()
}

func overHTTP(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	path := "/api/games/" + b.game + "/commands"
	answer := func(p person, body, want string, status int, headers ...string) {
		t.Helper()
		got, o := s.post(t, p, path, body, headers...)
		if got != status {
			t.Errorf("%s: %d, want %d", body, got, status)
		}
		must(t, o, "%s", want)
	}
	answer(b.white, `{"t":"move","id":"h1","v":4,"m":"e2e4"}`, `{"t":"ok","id":"h1","v":5,"duplicate":"-"}`, 200)
	must(t, b.w.next(), `{"t":"move","v":5}`)
	must(t, b.b.next(), `{"t":"move","v":5}`)
	answer(b.white, `{"t":"move","id":"h1","v":4,"m":"e2e4"}`, `{"t":"ok","id":"h1","v":5,"duplicate":true}`, 200)
	answer(b.black, `{"t":"move","v":5,"m":"e7e5"}`, `{"t":"ok","id":"h2","v":6}`, 200, "Idempotency-Key: h2")
	answer(b.black, `{"t":"move","id":"h2","v":5,"m":"e7e5"}`, `{"t":"ok","id":"h2","v":6,"duplicate":true}`, 200, "Idempotency-Key: h2")
	answer(b.black, `{"t":"move","id":"h2","v":5,"m":"e7e5"}`, `{"t":"error","code":"bad_message","retry":false}`, 400, "Idempotency-Key: h3")
	answer(b.black, `{"t":"move","v":5,"m":"e7e5"}`, `{"t":"error","code":"bad_message","retry":false}`, 400)
	answer(b.black, `{"t":"move","id":"h4","v":6,"m":"e7e5"}`, `{"t":"error","id":"h4","code":"not_your_turn"}`, 409)
	answer(b.white, `{"t":"move","id":"h5","v":6,"m":"e4e6"}`, `{"t":"error","id":"h5","code":"illegal_move","v":6}`, 422)
	answer(b.white, `{"t":"fly","id":"h6","v":6}`, `{"t":"error","code":"unknown_type"}`, 400)
	answer(b.white, `{"t":"move","id":"h7","v":6,"m":5}`, `{"t":"error","id":"h7","code":"bad_message"}`, 400)
	answer(b.white, `{"t":"move","id":"h8","v":6,"m":"d2d4","z":1}`, `{"t":"error","id":"h8","code":"bad_message"}`, 400)
	answer(nobody, `{"t":"move","id":"h9","v":6,"m":"d2d4"}`, `{"t":"error","code":"unauthorized"}`, 401)
	answer(b.white, `{"t":"move","id":"h10","v":6,"m":"`+strings.Repeat("x", 4096)+`"}`, `{"t":"error","code":"bad_message"}`, 413)
	answer(b.white, `{"t":"draw-claim","id":"h11","v":6}`, `{"t":"error","id":"h11","code":"too_early","after":"-","retry":false}`, 409)
	status, o := s.post(t, b.white, "/api/games/zzzzzzzzzzzz/commands", `{"t":"move","id":"h12","v":6,"m":"d2d4"}`)
	if status != 404 || o.str("code") != "not_found" {
		t.Errorf("%d %v", status, o)
	}
	answer(b.white, `{"t":"resign","id":"h13","v":6}`, `{"t":"ok","id":"h13","v":7}`, 200)
	answer(b.black, `{"t":"resign","id":"h14","v":7}`, `{"t":"error","code":"game_over","reason":"resign","winner":"black"}`, 409)
}

func beforeTheStart(t *testing.T, s site) {
	white := s.guest(t, "Ann")
	_, o := s.post(t, white, "/api/games", `{"id":"c","kind":"chess","seat":"white"}`)
	open := &board{site: s, game: o.str("game"), v: 2, w: s.ws(t, white, "/play/"+o.str("game"))}
	open.w.next()
	open.w.next()
	ready := s.started(t, fischer, "")
	for _, b := range []*board{open, ready} {
		for _, typ := range []string{"resign", "draw-offer", "takeback-offer", "add-time"} {
			b.refused(t, "white", typ, "", "not_started", false, b.v)
		}
	}
	open.refused(t, "white", "move", `,"m":"e2e4"`, "not_started", false, 2)
}

func resign(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	events, _ := b.do(t, "black", "resign", "")
	must(t, events[0], `{"t":"ended","v":7,"reason":"resign","winner":"white","scores":{"white":2,"black":0},"chain":"*","clock":{"run":[]}}`)
	_, o := s.get(t, nobody, "/api/games/"+b.game)
	must(t, o, `{"status":"ended","reason":"resign","winner":"white","scores":{"white":2,"black":0},"chain":%q,"turn":[],"offers":[]}`, events[0].str("chain"))
}

func abort(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4")
	b.refused(t, "white", "abort", "", "version_conflict", false, 99)
	b.w.send(`{"t":"abort","id":"x","v":5}`)
	o := b.w.next() // white has moved: which refusal is not named by the page, but it is one
	must(t, o, `{"t":"error","id":"x","retry":false,"v":5}`)
	events, _ := b.do(t, "black", "abort", "")
	must(t, events[0], `{"t":"ended","v":6,"reason":"aborted","winner":"-","scores":"-"}`)
}

func withdraw(t *testing.T, s site) {
	white := s.guest(t, "Ann")
	_, o := s.post(t, white, "/api/games", `{"id":"c","kind":"chess","seat":"white"}`)
	k := s.ws(t, white, "/play/"+o.str("game"))
	must(t, k.next(), `{"t":"state","v":2,"status":"open"}`)
	must(t, k.next(), `{"t":"live","v":2}`)
	k.send(`{"t":"abort","id":"x","v":2}`)
	must(t, k.next(), `{"t":"ended","v":3,"reason":"withdrawn","winner":"-","scores":"-"}`)
	must(t, k.next(), `{"t":"ok","id":"x","v":3}`)
	status, answer := s.post(t, s.guest(t, "Bob"), "/api/games/"+o.str("game")+"/seats/black", fmt.Sprintf(`{"id":"c","invite":%q}`, o.str("invites.black")))
	if status != 409 || answer.str("code") != "game_over" {
		t.Errorf("%d %v", status, answer)
	}
}

func mate(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "f2f3", "e7e5", "g2g4")
	b.b.send(`{"t":"move","id":"mate","v":7,"m":"d8h4"}`)
	frame := b.b.frame()
	if len(frame) != 3 {
		t.Fatalf("want move, ended and ok in one message, got %v", frame)
	}
	must(t, frame[0], `{"t":"move","v":8,"turn":[],"x":{"san":"Qh4#","check":true}}`)
	must(t, frame[1], `{"t":"ended","v":9,"reason":"mate","winner":"black","scores":{"white":0,"black":2},"chain":"*"}`)
	must(t, frame[2], `{"t":"ok","id":"mate","v":9}`)
	if frame = b.w.frame(); len(frame) != 2 {
		t.Fatalf("want one message for the opponent, got %v", frame)
	}
	b.b.send(`{"t":"move","id":"mate","v":7,"m":"d8h4"}`)
	must(t, b.b.next(), `{"t":"ok","id":"mate","v":9,"duplicate":true}`)
}
