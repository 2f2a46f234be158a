package sim

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// client is somebody with a socket, who does what protocol.md section 11 says. It is a state machine of the world's: it has
// no goroutine.
type client struct {
	w      *world
	table  *table
	name   string // of the socket
	player string // empty: watches
	seat   string
	window int
	query  string // of one who watches with a delay

	// What it knows of the game: section 11.2 and 11.3.
	known  bool
	last   uint64
	status string
	turn   []string
	moves  []string
	offers []offer
	basis  uint64 // version of the last move, takeback or start

	// The connection.
	conn    *conn
	attempt int
	buffer  []byte
	first   bool   // nothing numbered has come over this connection
	at      uint64 // newest number on this connection
	live    bool
	stale   bool
	opened  time.Duration
	backOff time.Duration
	gone    bool // will not connect any more: finished

	wishes  []*wish // all
	pending []*wish // unanswered
	next    string  // the rematch
	number  int
	proven  bool            // was answered since the faults ended
	misused map[string]bool // ids that were sent with another content too
}

type offer struct {
	Kind string `json:"kind"`
	Seat string `json:"seat"`
}

// wish is a command, as it is sent and sent again.
type wish struct {
	t, id  string
	v      uint64
	body   []byte
	status string // of the game, as the client saw it when it first sent this
	sent   []time.Duration
	again  time.Duration // not before
	ok     uint64        // version of the first ok
	fresh  int           // oks that did not say duplicate
	final  string        // refusal that is final
	doubt  bool          // answered by unknown at some time
	lie    bool          // was made from a version that its maker can't have seen, and may have come true since
}

// line is what a server says, as far as clients here look at it.
type line struct {
	T         string   `json:"t"`
	V         uint64   `json:"v"`
	ID        string   `json:"id"`
	Code      string   `json:"code"`
	Retry     bool     `json:"retry"`
	After     int64    `json:"after"`
	Duplicate bool     `json:"duplicate"`
	Game      string   `json:"game"`
	Status    string   `json:"status"`
	Seat      string   `json:"seat"`
	Turn      []string `json:"turn"`
	M         string   `json:"m"`
	Plies     int      `json:"plies"`
	Offers    []offer  `json:"offers"`
	Reason    string   `json:"reason"`
	Next      string   `json:"next"`
	View      struct {
		Moves []string `json:"moves"`
	} `json:"view"`
}

// unnumbered are the types whose v is no number of theirs.
var unnumbered = []string{"state", "live", "stale", "ok", "error", "crowd", "gone", "rematch", "pong"}

// connect opens a socket after a while.
func (k *client) connect(after time.Duration) {
	k.attempt++
	attempt := k.attempt
	k.conn, k.live = nil, false
	k.w.after(after, k.name+" connects", func() {
		if k.attempt != attempt || k.gone {
			return
		}
		h := k.w.route(k.table.id, k.player != "")
		if h == nil {
			k.retry()
			return
		}
		path := "/watch/" + k.table.id
		if k.player != "" {
			path = "/play/" + k.table.id
		}
		query := k.query
		if k.known && query == "" {
			query = fmt.Sprintf("from=%d", k.last)
		}
		if query != "" {
			path += "?" + query
		}
		k.buffer, k.first, k.at, k.opened, k.stale = nil, true, 0, k.w.now(), false
		k.conn = k.w.dial(h, fmt.Sprintf("%s#%d", k.name, attempt), path, k.player, k.window, func(b []byte, err error) {
			if k.attempt == attempt {
				k.hears(b, err)
			}
		}, func(status int) {
			if k.attempt == attempt {
				k.answered(status)
			}
		})
	})
}

// lags tells whether it is shown everything late. What late means is counted by wall clocks: if they have gone astray, it may
// be an hour, unless the game ends.
func (k *client) lags() bool { return k.player == "" && (k.query != "" || k.table.delay > 0) }

// retry connects again: 11.1.
func (k *client) retry() {
	if k.live && k.w.now()-k.opened > 10*time.Second {
		k.backOff = 0
	}
	wait := k.w.between(0, time.Second)
	if k.backOff > 0 {
		wait = k.w.between(k.backOff/2, k.backOff)
	}
	k.backOff = min(max(2*k.backOff, time.Second), 10*time.Second)
	k.connect(wait)
}

func (k *client) answered(status int) {
	switch {
	case status == 101 || status == 0 && (k.live || !k.first):
	case status == 404 && k.player == "" && (k.query != "" || k.table.delay > 0): // it has not begun for those who lag
		k.retry()
	case status == 404 || status == 403:
		k.w.fail("%s was answered %d: the game was acknowledged before", k.name, status)
	default:
		k.retry()
	}
}

// hears takes bytes of the server's: frames, which are not masked.
func (k *client) hears(b []byte, err error) {
	if err != nil {
		k.retry()
		return
	}
	k.buffer = append(k.buffer, b...)
	for len(k.buffer) >= 2 {
		size, head := int(k.buffer[1]), 2
		switch {
		case size == 126 && len(k.buffer) >= 4:
			size, head = int(binary.BigEndian.Uint16(k.buffer[2:])), 4
		case size == 127 && len(k.buffer) >= 10:
			size, head = int(binary.BigEndian.Uint64(k.buffer[2:])), 10
		case size > 125:
			return
		}
		if len(k.buffer) < head+size {
			return
		}
		opcode, payload := k.buffer[0]&0x0f, k.buffer[head:head+size]
		k.buffer = k.buffer[head+size:]
		attempt := k.attempt
		switch opcode {
		case 1:
			for l := range strings.SplitSeq(string(payload), "\n") {
				k.line(l)
				if k.attempt != attempt {
					return
				}
			}
		case 8:
			k.closed(payload)
			return
		case 9:
			k.conn.send(frame(0x8a, payload))
		}
	}
}

// closed takes a closing frame: section 9.
func (k *client) closed(payload []byte) {
	code := 1005
	if len(payload) >= 2 {
		code = int(binary.BigEndian.Uint16(payload))
	}
	k.w.note(fmt.Sprintf("%s is closed %d", k.name, code))
	k.w.cover.closes[code]++
	k.conn.send(frame(0x88, payload))
	switch {
	case code == 4505:
		k.gone = true
		k.attempt++
		k.conn = nil
	case code == 4004:
		k.known, k.last = false, 0
		k.retry()
	case code >= 4500 || code == 1002 || code == 1003 || code == 1007 || code == 1009:
		k.w.fail("%s was closed with %d", k.name, code)
	default:
		k.retry()
	}
}

// frame masks with zeros.
func frame(first byte, payload []byte) []byte {
	b := []byte{first, 0x80 | byte(len(payload))}
	if len(payload) > 125 {
		b = binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(len(payload)))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// line takes one line.
func (k *client) line(text string) {
	k.w.note(k.name + " < " + text)
	var l line
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		k.w.fail("%s got no JSON: %q", k.name, text)
		return
	}
	if l.V != 0 && !slices.Contains(unnumbered, l.T) {
		k.numbered(l, text)
		return
	}
	switch l.T {
	case "state":
		if k.known && l.V < k.last && k.query == "" && !k.first {
			k.w.fail("%s was at %d and got a state of %d", k.name, k.last, l.V)
		}
		k.known, k.last, k.at, k.first = true, l.V, l.V, false
		k.status, k.turn, k.moves, k.offers, k.basis = l.Status, l.Turn, l.View.Moves, l.Offers, l.V
		if l.Seat != "" {
			k.seat = l.Seat
		}
		if l.Status == "ended" {
			k.table.ended(k, l.Reason, l.Next)
		}
		k.table.seen(k, l.V)
	case "live":
		k.live, k.stale = true, false
		k.backOff = min(k.backOff, 2*time.Second)
		for _, wish := range k.pending {
			wish.again = k.w.now()
		}
		k.resend()
	case "stale":
		k.stale = true
	case "ok", "error":
		k.answer(l)
	}
}

// numbered takes one that has a number: 11.2, but what a client would put up with is a failure here.
func (k *client) numbered(l line, text string) {
	if k.first && k.known && k.query == "" && l.V != k.last+1 || !k.first && l.V != k.at+1 || !k.known && l.V != 1 {
		k.w.fail("%s has %d (%d on this connection) and got %d: %s", k.name, k.last, k.at, l.V, text)
		return
	}
	if k.status == "ended" && l.V > k.last {
		k.w.fail("%s got %d after the end", k.name, l.V)
	}
	k.known, k.first, k.last, k.at = true, false, l.V, l.V
	k.table.line(k, l.V, text)
	if l.Turn != nil {
		k.turn = l.Turn
	}
	switch l.T {
	case "created":
		k.status = "open"
	case "started":
		k.status, k.basis = "ready", l.V
	case "move":
		k.status, k.basis = "live", l.V
		k.moves = append(k.moves, l.M)
		k.offers = slices.DeleteFunc(k.offers, func(o offer) bool { return o.Kind == "takeback" || o.Seat != l.Seat })
	case "takeback":
		k.basis = l.V
		k.moves = k.moves[:max(0, len(k.moves)-l.Plies)]
		k.offers = nil
	case "draw-offered", "takeback-offered":
		k.offers = append(k.offers, offer{strings.TrimSuffix(l.T, "-offered"), l.Seat})
	case "draw-declined", "takeback-declined":
		kind := strings.TrimSuffix(l.T, "-declined")
		k.offers = slices.DeleteFunc(k.offers, func(o offer) bool { return o.Kind == kind })
	case "ended":
		k.status, k.offers = "ended", nil
		k.table.ended(k, l.Reason, l.Next)
	}
}

// answer takes ok and error.
func (k *client) answer(l line) {
	i := slices.IndexFunc(k.pending, func(w *wish) bool { return w.id == l.ID })
	if i < 0 { // of one that was sent several times
		i = slices.IndexFunc(k.wishes, func(w *wish) bool { return w.id == l.ID })
		if i < 0 {
			k.w.fail("%s got an answer to %q, which it did not ask", k.name, l.ID)
			return
		}
		k.judge(k.wishes[i], l)
		return
	}
	wish := k.pending[i]
	k.judge(wish, l)
	k.w.cover.commands[commandCell{wish.t, wish.status, resultOf(l)}]++
	if l.T == "error" && l.Retry {
		wish.again = k.w.now() + max(time.Duration(l.After), 500)*time.Millisecond
		wish.doubt = wish.doubt || l.Code == "unknown"
		if l.Code == "too_early" && wish.t != "move" {
			k.pending = slices.Delete(k.pending, i, i+1) // it is not wanted any more then
		}
		return
	}
	k.pending = slices.Delete(k.pending, i, i+1)
}

func resultOf(l line) string {
	switch {
	case l.T == "error":
		return l.Code
	case l.Duplicate:
		return "duplicate"
	default:
		return "ok"
	}
}

// undecided are refusals without retry that a copy of the command may outlive: protocol.md gives resign, add-time, draw-offer
// and claims no basis that would tell a copy which comes late from one that is sent anew. What section 11 asks of clients
// never sends such a copy; these here do.
var undecided = []string{"not_started", "too_early"}

// judge notes an answer, and that answers to one wish agree.
func (k *client) judge(w *wish, l line) {
	if k.misused[w.id] {
		k.w.cover.commands[commandCell{"misuse", k.status, resultOf(l)}]++
		if l.T == "ok" {
			k.w.fail("%s was told ok %d for something else under the id %s, which was used", k.name, l.V, w.id)
		}
		return
	}
	if l.T == "error" {
		if !l.Retry {
			if w.ok != 0 {
				k.w.fail("%s was told ok %d for %s and then %s", k.name, w.ok, w.id, l.Code)
			}
			if !slices.Contains(undecided, l.Code) && !w.lie {
				w.final = l.Code
			}
		}
		return
	}
	if l.Game != "" {
		k.rematched(l.Game)
	}
	if l.V > k.last {
		k.w.fail("%s was told ok %d for %s before it had that version (has %d)", k.name, l.V, w.id, k.last)
	}
	switch {
	case w.final != "":
		k.w.fail("%s was told %s for %s and then ok %d", k.name, w.final, w.id, l.V)
	case w.ok != 0 && w.ok != l.V:
		k.w.fail("%s was told ok %d for %s and then ok %d", k.name, w.ok, w.id, l.V)
	}
	w.ok = l.V
	if !l.Duplicate && w.t != "rematch" {
		w.fresh++
		if w.fresh > 1 {
			k.w.fail("%s was told twice that %s was done anew", k.name, w.id)
		}
	}
}

// ask sends a new command.
func (k *client) ask(t string, v uint64, fields string) *wish {
	k.number++
	w := &wish{t: t, id: fmt.Sprintf("%s-%d", k.seat, k.number), v: v, status: k.status, lie: v > k.last}
	w.body = fmt.Appendf(nil, `{"t":%q,"id":%q,"v":%d%s}`, t, w.id, v, fields)
	k.wishes = append(k.wishes, w)
	k.pending = append(k.pending, w)
	k.sends(w)
	return w
}

func (k *client) sends(w *wish) {
	w.sent = append(w.sent, k.w.now())
	w.again = k.w.now() + 2500*time.Millisecond
	k.w.note(k.name + " > " + string(w.body))
	if k.conn != nil {
		k.conn.send(frame(0x81, w.body))
	}
}

// resend sends again what was not answered: 11.4 and 11.5.
func (k *client) resend() {
	if !k.live || k.conn == nil {
		return
	}
	for _, w := range k.pending {
		if w.again <= k.w.now() {
			k.sends(w)
		}
	}
}
