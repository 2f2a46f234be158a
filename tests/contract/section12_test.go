package contract_test

import (
	"fmt"
	"testing"
	"time"
)

// section12 is protocol.md section 12, line by line.
func section12(t *testing.T, s site) {
	a, b := s.guest(t, "Ann"), s.guest(t, "Bob")
	status, o := s.post(t, a, "/api/games", `{"id":"c-1","kind":"chess","seat":"white","clock":{"type":"fischer","initial":60000,"increment":0}}`)
	if status != 201 {
		t.Fatalf("create: %d %v", status, o)
	}
	must(t, o, `{"game":"*","v":2,"seat":"white","invites":{"black":"*","white":"-"},"duplicate":"-"}`)
	g, invite := o.str("game"), o.str("invites.black")
	must(t, o, `{"play":"/play/%s","watch":"/watch/%s"}`, g, g)

	A := s.ws(t, a, "/play/"+g)
	must(t, A.next(), `{"t":"state","v":2,"ts":"#","game":%q,"kind":"chess","status":"open","seat":"white",
		"players":{"white":{"id":%q,"name":"Ann","here":true},"black":"-"},"turn":[],"offers":[],"rated":false,"delay":0,
		"clock":{"type":"fischer","initial":60000,"increment":0,"left":{"white":60000,"black":60000},"run":[]},
		"view":{"fen":"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1","moves":[]},
		"reason":"-","winner":"-","scores":"-","chain":"-"}`, g, a.id)
	must(t, A.next(), `{"t":"live","v":2}`)

	status, o = s.post(t, b, "/api/games/"+g+"/seats/black", fmt.Sprintf(`{"id":"c-1","invite":%q}`, invite))
	if status != 200 {
		t.Fatalf("sit: %d %v", status, o)
	}
	must(t, o, `{"game":%q,"v":4,"seat":"black","play":"/play/%s","duplicate":"-"}`, g, g)

	frame := A.frame() // seated and started are one append and one message
	if len(frame) != 2 {
		t.Fatalf("want two lines in one message, got %v", frame)
	}
	seated := `{"t":"seated","v":3,"ts":"#","seat":"black","player":{"id":"` + b.id + `","name":"Bob"}}`
	started := `{"t":"started","v":4,"ts":"#","turn":["white"]}`
	must(t, frame[0], "%s", seated)
	must(t, frame[1], "%s", started)

	B := s.ws(t, b, "/play/"+g+"?from=0")
	created := `{"t":"created","v":1,"ts":"#","game":"` + g + `","kind":"chess","rated":false,"access":"invite","watch":"public",
		"delay":0,"setup":"-","parent":"-","clock":{"type":"fischer","initial":60000,"increment":0}}`
	sat := `{"t":"seated","v":2,"ts":"#","seat":"white","player":{"id":"` + a.id + `","name":"Ann"}}`
	for _, want := range []string{created, sat, seated, started, `{"t":"live","v":4}`} {
		must(t, B.next(), "%s", want)
	}

	// A plays; the event comes first and ok behind it, in one message.
	A.send(`{"t":"move","id":"a1","v":4,"m":"e2e4"}`)
	e4 := `{"t":"move","v":5,"ts":"#","seat":"white","m":"e2e4","elapsed":"#","lag":"#","comp":"#",
		"clock":{"left":{"white":60000,"black":60000},"run":[]},"turn":["black"],
		"x":{"san":"e4","fen":"rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 1","check":"-"}}`
	frame = A.frame()
	if len(frame) != 2 {
		t.Fatalf("want event and ok in one message, got %v", frame)
	}
	must(t, frame[0], "%s", e4)
	must(t, frame[1], `{"t":"ok","id":"a1","v":5,"duplicate":"-","game":"-"}`)
	must(t, B.next(), "%s", e4)

	A.send(`{"t":"move","id":"a1","v":4,"m":"e2e4"}`)
	must(t, A.next(), `{"t":"ok","id":"a1","v":5,"duplicate":true}`)
	A.send(`{"t":"move","id":"a1","v":4,"m":"d2d4"}`)
	must(t, A.next(), `{"t":"error","id":"a1","code":"command_id_reused","message":"*","retry":false,"v":5}`)

	B.send(`{"t":"draw-offer","id":"b1","v":5}`)
	must(t, B.next(), `{"t":"draw-offered","v":6,"ts":"#","seat":"black"}`)
	must(t, B.next(), `{"t":"ok","id":"b1","v":6}`)
	must(t, A.next(), `{"t":"draw-offered","v":6,"ts":"#","seat":"black"}`)

	B.send(`{"t":"move","id":"b2","v":5,"m":"e7e5"}`)
	e5 := `{"t":"move","v":7,"seat":"black","m":"e7e5","turn":["white"],"x":{"san":"e5"},
		"clock":{"left":{"white":60000,"black":60000},"run":["white"]}}`
	must(t, B.next(), "%s", e5)
	must(t, B.next(), `{"t":"ok","id":"b2","v":7}`)
	must(t, A.next(), "%s", e5)

	A.send(`{"t":"draw-accept","id":"a2","v":6}`)
	end := `{"t":"ended","v":8,"ts":"#","reason":"agreement","winner":"-","scores":{"white":1,"black":1},"chain":"*",
		"clock":{"left":{"white":"#","black":60000},"run":[]}}`
	must(t, A.next(), "%s", end)
	must(t, A.next(), `{"t":"ok","id":"a2","v":8}`)
	must(t, B.next(), "%s", end)

	W := s.ws(t, nobody, "/watch/"+g+"?from=0&speed=max")
	offered := `{"t":"draw-offered","v":6,"seat":"black"}`
	for _, want := range []string{created, sat, seated, started, e4, offered, e5, end, `{"t":"live","v":8}`} {
		must(t, W.next(), "%s", want)
	}
	W.closed(4*time.Second, 4505, "")

	A.send(`{"t":"rematch","id":"a3","v":8}`)
	o = A.next()
	must(t, o, `{"t":"ok","id":"a3","v":8,"game":"*"}`)
	next := o.str("game")
	must(t, B.next(), `{"t":"rematch","seat":"white","game":%q}`, next)
	B.send(`{"t":"rematch","id":"b3","v":8}`)
	must(t, B.next(), `{"t":"ok","id":"b3","game":%q}`, next)
	_, o = s.get(t, a, "/api/games/"+next)
	must(t, o, `{"t":"state","status":"ready","seat":"black","players":{"white":{"id":%q},"black":{"id":%q}},"v":4}`, b.id, a.id)
	must(t, s.lines(t, nobody, "/api/games/"+next+"/events?to=1")[0], `{"t":"created","parent":%q}`, g)
}
