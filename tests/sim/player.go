package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// scripts are games that people play here; takebacks and offers come between.
var scripts = [][]string{
	strings.Fields("e2e4 e7e5 d1h5 b8c6 f1c4 g8f6 h5f7"),
	strings.Fields("f2f3 e7e5 g2g4 d8h4"),
	strings.Fields("g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8"),
	strings.Fields(`e2e4 e7e5 g1f3 d7d6 d2d4 c8g4 d4e5 g4f3 d1f3 d6e5 f1c4 g8f6 f3b3 d8e7 b1c3 c7c6 c1g5 b7b5 c3b5 c6b5
		c4b5 b8d7 e1c1 a8d8 d1d7 d8d7 h1d1 e7e6 b5d7 f6d7 b3b8 d7b8 d1d8`),
}

// think lets a player do something now and then, as long as the run wants it.
func (k *client) think() {
	pause := k.w.between(100*time.Millisecond, 1500*time.Millisecond)
	if k.w.chance(30) {
		pause = k.w.between(2*time.Second, 8*time.Second)
	}
	k.w.after(pause, k.name+" thinks", func() {
		k.decide()
		if !k.gone || len(k.pending) > 0 {
			k.think()
		}
	})
	k.patience()
}

// patience looks each half second for what was not answered.
func (k *client) patience() {
	k.resend()
}

func (k *client) onTurn() bool { return slices.Contains(k.turn, k.seat) }

func (k *client) scripted() (string, bool) {
	script := k.table.script
	n := len(k.moves)
	if n >= len(script) || !slices.Equal(k.moves, script[:n]) {
		return "", false
	}
	return script[n], true
}

func (k *client) offered(kind string, by bool) bool {
	return slices.ContainsFunc(k.offers, func(o offer) bool { return o.Kind == kind && (o.Seat == k.seat) == by })
}

// decide does one of the things that a player can do, most of them sensible.
func (k *client) decide() {
	k.resend()
	if !k.live || k.conn == nil || len(k.pending) > 1 || len(k.pending) == 1 && !k.w.chance(30) {
		return
	}
	if k.w.closing && (k.status == "ended" || len(k.pending) > 0) {
		return
	}
	move, has := k.scripted()
	dice := k.w.random.IntN(1000)
	if k.w.closing {
		dice = 0
		if k.table.settled(k) {
			return
		}
	}
	switch {
	case k.status == "ended":
		if k.next == "" && dice < 150 && k.w.plan.rematches && k.table.seated {
			k.ask("rematch", k.last, "")
		} else if dice < 250 {
			k.ask("move", k.last, `,"m":"e2e4"`)
		}
	case dice < 700 && has && k.onTurn():
		k.moveNow(move)
	case dice < 700:
		if has || !k.onTurn() {
			return
		}
		k.ask("resign", k.last, "") // the script is at its end
	case dice < 720 && has:
		k.ask("move", k.last, fmt.Sprintf(`,"m":%q`, move)) // perhaps not our turn
	case dice < 735:
		k.ask("move", k.last, `,"m":"a1a8"`)
	case dice < 750 && k.last > 3:
		k.ask("move", k.last-uint64(k.w.random.IntN(3)), fmt.Sprintf(`,"m":%q`, move))
	case dice < 765:
		k.ask("move", k.last+uint64(k.w.random.IntN(3)), fmt.Sprintf(`,"m":%q`, move))
	case dice < 800:
		k.ask("draw-offer", k.last, "")
	case dice < 815:
		k.ask("draw-accept", k.last, "")
	case dice < 830:
		k.ask("draw-decline", k.last, "")
	case dice < 850:
		k.ask("takeback-offer", k.last, "")
	case dice < 875:
		k.ask("takeback-accept", k.last, "")
	case dice < 885:
		k.ask("takeback-decline", k.last, "")
	case dice < 900:
		k.ask("add-time", k.last, "")
	case dice < 910:
		k.ask("draw-claim", k.last, "")
	case dice < 920:
		k.ask("claim-victory", k.last, "")
	case dice < 925:
		k.ask("claim-draw", k.last, "")
	case dice < 930:
		k.ask("abort", k.last, "")
	case dice < 933:
		k.ask("resign", k.last, "")
	case dice < 936:
		k.ask("rematch", k.last, "")
	case dice < 970 && len(k.wishes) > 0:
		if old := k.wishes[k.w.random.IntN(len(k.wishes))]; !k.misused[old.id] {
			k.sends(old) // again, unchanged
		}
	case dice < 980 && len(k.wishes) > 0:
		k.reuse()
	case dice < 990: // one whose clock is an hour late
		k.conn.send(frame(0x81, fmt.Appendf(nil, `{"t":"ping","ts":%d}`, time.Now().Add(-time.Hour).UnixMilli())))
	}
}

// moveNow makes the next move, sometimes on two sockets at once or twice.
func (k *client) moveNow(move string) {
	w := k.ask("move", k.last, fmt.Sprintf(`,"m":%q`, move))
	if k.w.chance(50) {
		k.sends(w)
	}
}

// reuse sends something else under an id that was used for something that was done. Of one that was sent once no other
// answer can come.
func (k *client) reuse() {
	old := k.wishes[k.w.random.IntN(len(k.wishes))]
	if old.ok == 0 || len(old.sent) > 1 || old.t == "rematch" || k.misused[old.id] {
		return
	}
	k.w.note(k.name + " misuses " + old.id)
	k.conn.send(frame(0x81, fmt.Appendf(nil, `{"t":"move","id":%q,"v":%d,"m":"h2h3"}`, old.id, k.last)))
	k.misused[old.id] = true
}
