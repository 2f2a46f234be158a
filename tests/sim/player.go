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
	if k.w.closing && k.table.settled(k) {
		return
	}
	hesitates := k.status == "ready" && k.w.plan.hesitant && !k.w.closing && !k.w.chance(150)
	switch dice := k.w.random.IntN(1000); {
	case k.status == "ended":
		if k.next == "" && dice < 150 && k.w.plan.rematches && k.table.seated {
			k.ask("rematch", k.last, "")
		} else if dice < 250 {
			k.anything()
		}
	case !k.w.closing && k.answersOffer():
	case (dice < 700 || k.w.closing) && k.onTurn() && !hesitates:
		if has {
			k.moveNow(move)
		} else {
			k.ask("resign", k.last, "") // the script is at its end
		}
	case k.w.closing:
	case dice < 700:
		if k.status == "open" && k.w.chance(300) {
			k.anything()
		}
	case dice < 900:
		k.anything()
	case dice < 940:
		k.again()
	case dice < 970:
		k.reuse()
	case dice < 980: // one whose clock is an hour late
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
