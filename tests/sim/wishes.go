package sim

import (
	"fmt"
	"strings"
	"time"
)

// What people ask for that is not the next move of their game. A seed has its own mixture, in which commands are missing or
// come all the time: with the same mixture everywhere, what is rare is always rare.

// drawWishes draws the mixture.
func (w *world) drawWishes() map[string]int {
	weights := map[string]int{}
	for _, command := range commandNames {
		weights[command] = []int{0, 1, 1, 6}[w.random.IntN(4)]
	}
	// What ends a game comes seldom, or there would be nothing else to see.
	for _, command := range []string{"resign", "abort"} {
		weights[command] = min(weights[command], 1)
	}
	weights["move"] += 3
	return weights
}

// command draws one.
func (w *world) command() string {
	all := 0
	for _, command := range commandNames {
		all += w.plan.wishes[command]
	}
	dice := w.random.IntN(all)
	for _, command := range commandNames {
		if dice -= w.plan.wishes[command]; dice < 0 {
			return command
		}
	}
	return "move"
}

// anything asks for something, whether or not it makes sense now; some of it from a version that is long past, or that the
// game has not reached.
func (k *client) anything() {
	command, v := k.w.command(), k.last
	if command == "rematch" && k.status == "ended" && !(k.table.seated && k.w.plan.rematches) {
		return
	}
	switch dice := k.w.random.IntN(100); {
	case dice < 12 && v > 4:
		v -= 1 + uint64(k.w.random.IntN(4))
	case dice < 18:
		v += 1 + uint64(k.w.random.IntN(3))
	}
	k.ask(command, v, k.fields(command))
}

// fields are those that a command needs.
func (k *client) fields(command string) string {
	if command != "move" {
		return ""
	}
	m, has := k.scripted()
	switch dice := k.w.random.IntN(100); {
	case dice < 8:
		m = strings.Repeat("m", 1100)
	case dice < 30 || !has:
		m = "a1a8"
	}
	return fmt.Sprintf(`,"m":%q`, m)
}

// answersOffer accepts or declines what the other one offers, at times.
func (k *client) answersOffer() bool {
	for _, kind := range []string{"draw", "takeback"} {
		if k.offered(kind, false) && k.w.chance(60) {
			k.ask(kind+[]string{"-accept", "-decline", "-decline"}[k.w.random.IntN(3)], k.last, "")
			return true
		}
	}
	return false
}

// again sends something once more, unchanged.
func (k *client) again() {
	if len(k.wishes) == 0 {
		return
	}
	if old := k.wishes[k.w.random.IntN(len(k.wishes))]; k.misused[old.id] == "" {
		k.sends(old)
	}
}

// reuse sends something else under an id that was used for something that was done. Of one that was sent once no other
// answer can come. The id under which a seat was taken is used, too.
func (k *client) reuse() {
	command := k.w.command()
	id := "s-1"
	if n := len(k.wishes); n > 0 && k.w.chance(800) || k.player != k.table.people[1] || k.table.seek || k.table.rematch {
		if n == 0 {
			return
		}
		old := k.wishes[k.w.random.IntN(n)]
		if old.ok == 0 || len(old.sent) > 1 || old.t == "rematch" || old.t == command {
			return
		}
		id = old.id
	}
	if k.misused[id] != "" || command == "rematch" && k.status == "ended" {
		return
	}
	if id == "s-1" {
		k.wishes = append(k.wishes, &wish{t: "sit", id: id})
	}
	k.misused[id] = command
	fields := ""
	if command == "move" {
		fields = `,"m":"h2h3"`
	}
	k.w.note(k.name + " misuses " + id + " for " + command)
	k.conn.send(frame(0x81, fmt.Appendf(nil, `{"t":%q,"id":%q,"v":%d%s}`, command, id, k.last, fields)))
}

// missed takes that the other player is gone: the game may be claimed in a while.
func (k *client) missed(l line) {
	if k.player == "" || l.Seat == k.seat || l.Claim == 0 {
		return
	}
	wait := time.Duration(l.Claim)*time.Millisecond + k.w.between(-2*time.Second, 5*time.Second)
	k.w.after(wait, k.name+" may claim", func() {
		if !k.w.closing && k.live && k.conn != nil && len(k.pending) == 0 && k.status == "live" {
			k.ask([]string{"claim-victory", "claim-draw"}[k.w.random.IntN(2)], k.last, "")
		}
	})
}

// mumble lets somebody who watches send commands now and then, which nobody waits for.
func (k *client) mumble() {
	k.w.after(k.w.between(2*time.Second, 12*time.Second), k.name+" mumbles", func() {
		if k.gone || k.w.closing {
			return
		}
		if k.live && k.conn != nil {
			command := k.w.command()
			k.number++
			w := &wish{t: command, id: fmt.Sprintf("m-%d", k.number), v: k.last}
			w.body = fmt.Appendf(nil, `{"t":%q,"id":%q,"v":%d%s}`, command, w.id, w.v, k.fields(command))
			k.wishes = append(k.wishes, w)
			k.sends(w)
		}
		k.mumble()
	})
}
