package client_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/plygames/ply/transport/client"
)

func TestStateFollowsTheEvents(t *testing.T) {
	var s client.State
	apply := func(line string) {
		t.Helper()
		var head struct {
			T string `json:"t"`
			V uint64 `json:"v"`
		}
		if err := json.Unmarshal([]byte(line), &head); err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(client.Message{Type: head.T, V: head.V, Raw: []byte(line)}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, ok bool) {
		t.Helper()
		if !ok {
			t.Fatalf("%s: %+v", what, s)
		}
	}
	apply(`{"t":"created","v":1,"ts":1,"game":"G","kind":"chess","clock":{"type":"fischer","initial":60000,"increment":1000},"rated":false,"access":"invite","watch":"public","delay":0}`)
	check("created", s.V == 1 && s.Status == "open" && s.Game == "G" && s.Clock.Initial == 60000)
	apply(`{"t":"seated","v":2,"ts":1,"seat":"white","player":{"id":"g_1","name":"Ann"}}`)
	before := s
	apply(seat3)
	check("seated", s.Players["white"].Name == "Ann" && s.Players["black"].ID == "g_2")
	if len(before.Players) != 1 {
		t.Error("a state that was handed out has changed")
	}
	apply(start4)
	check("started", s.Status == "ready" && s.OnTurn("white"))
	apply(`{"t":"move","v":5,"ts":1,"seat":"white","m":"e2e4","clock":{"left":{"white":60000,"black":60000},"run":[]},"turn":["black"],"x":{"san":"e4"}}`)
	check("moved", s.Status == "live" && s.OnTurn("black") && !s.OnTurn("white") && len(s.Moves) == 1 && s.Clock.Increment == 1000)
	apply(`{"t":"draw-offered","v":6,"ts":1,"seat":"black"}`)
	apply(`{"t":"move","v":7,"ts":1,"seat":"black","m":"e7e5","clock":{"left":{"white":60000,"black":60000},"run":["white"]},"turn":["white"]}`)
	check("own move keeps the offer", len(s.Offers) == 1 && s.Offers[0].Kind == "draw" && s.Offers[0].V == 6)
	apply(`{"t":"takeback-offered","v":8,"ts":1,"seat":"black","plies":1}`)
	check("takeback offered", len(s.Offers) == 2)
	apply(`{"t":"takeback-declined","v":9,"ts":1,"seat":"white","plies":1}`)
	check("takeback declined", len(s.Offers) == 1)
	apply(`{"t":"move","v":10,"ts":1,"seat":"white","m":"g1f3","clock":{"left":{"white":59000,"black":60000},"run":["black"]},"turn":["black"]}`)
	check("the other's move ends the offer", len(s.Offers) == 0 && len(s.Moves) == 3)
	apply(`{"t":"takeback","v":11,"ts":1,"plies":1,"clock":{"left":{"white":58000,"black":60000},"run":["white"]},"turn":["white"],"view":{"fen":"x"}}`)
	check("taken back", string(s.View) == `{"fen":"x"}` && len(s.Moves) == 0 && s.OnTurn("white"))
	apply(`{"t":"clock-adjusted","v":12,"ts":1,"reason":"failover","seat":"white","charged":5,"clock":{"left":{"white":57995,"black":60000},"run":["white"]}}`)
	check("adjusted", s.Clock.Left["white"] == 57995 && s.Reason == "")
	at := s.Received
	check("counts down", s.Left("white", at.Add(time.Second)) == 56995 && s.Left("black", at.Add(time.Second)) == 60000)
	apply(`{"t":"crowd","here":{"white":true,"black":false},"watchers":3}`)
	check("crowd", s.Players["white"].Here && !s.Players["black"].Here && s.V == 12)
	apply(`{"t":"stale","ts":1}`)
	check("stale", s.Stale)
	apply(`{"t":"live","v":12}`)
	check("live", !s.Stale)
	apply(`{"t":"ended","v":13,"ts":1,"reason":"resign","winner":"black","scores":{"white":0,"black":2},"clock":{"left":{"white":1,"black":2},"run":[]},"chain":"9f"}`)
	check("ended", s.Status == "ended" && s.Reason == "resign" && s.Winner == "black" && s.Chain == "9f" && len(s.Turn) == 0)
	apply(`{"t":"state","v":20,"status":"live","clock":{"type":"delay","initial":60000,"delay":2000,"left":{"white":5000},"run":["white"]},"turn":["white"]}`)
	check("replaced", s.V == 20 && s.Reason == "" && s.Players == nil && s.ViewV == 20)
	at = s.Received
	check("delay first", s.Left("white", at.Add(1500*time.Millisecond)) == 5000 && s.Left("white", at.Add(3*time.Second)) == 4000)
	check("never below zero", s.Left("white", at.Add(time.Hour)) == 0)
}
