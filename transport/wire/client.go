package wire

import (
	"encoding/json"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// MaxMove is the largest move in bytes: of the text if it is a string, else of its JSON.
const MaxMove = 1024

// Message is what a client sent: a command, or a ping.
type Message struct {
	ID    string
	Basis uint64    // the version that the command was made from
	Wish  game.Wish // nil for a ping
	Ping  bool
	TS    int64 // ping only: the client's clock, to be echoed
}

// bare are the commands that have nothing but t, id and v.
var bare = map[string]game.Wish{
	"resign":           game.Resign{},
	"abort":            game.Abort{},
	"draw-offer":       game.DrawOffer{},
	"draw-accept":      game.DrawAccept{},
	"draw-decline":     game.DrawDecline{},
	"draw-claim":       game.DrawClaim{},
	"takeback-offer":   game.TakebackOffer{},
	"takeback-accept":  game.TakebackAccept{},
	"takeback-decline": game.TakebackDecline{},
	"add-time":         game.AddTime{},
	"claim-victory":    game.ClaimVictory{},
	"claim-draw":       game.ClaimDraw{},
	"rematch":          game.Rematch{},
}

// CommandTypes lists the types that Decode knows, ping included.
func CommandTypes() []string {
	types := []string{"move", "ping"}
	for t := range bare {
		types = append(types, t)
	}
	return types
}

// parts are the members that commands can have, as they stand in the message; nil = absent.
type parts struct{ t, id, v, m, ts []byte }

// Decode reads one message of a client, strictly (section 7). rules judges the form of moves; nil accepts any. A
// refusal comes with the id that it may echo, empty if none. Nothing of the result points into msg.
func Decode(msg []byte, rules game.Rules) (Message, *domain.Error, string) {
	return DecodeKeyed(msg, rules, "")
}

// DecodeKeyed is Decode for a message whose id may stand beside it, as over HTTP the Idempotency-Key: then msg must have
// the same one or none.
func DecodeKeyed(msg []byte, rules game.Rules, key string) (Message, *domain.Error, string) {
	var room [6]member
	list, err := members(msg, room[:0])
	if err != nil {
		return Message{}, domain.Refuse(domain.BadMessage, "%s", err), EchoID(msg)
	}
	m, refusal := interpret(list, rules, key)
	if refusal != nil {
		return Message{}, refusal, EchoID(msg)
	}
	return m, nil, m.ID
}

// interpret judges in the order of section 13: bad_message, unknown_type, invalid_field.
func interpret(list []member, rules game.Rules, key string) (Message, *domain.Error) {
	p, stranger := sortOut(list)
	t, ok := unquote(p.t)
	if !ok {
		return Message{}, bad(`"t" must be a string`)
	}
	wish, known := bare[string(t)] // no copy is made for a look-up
	move, ping := string(t) == "move", string(t) == "ping"
	known = known || move || ping
	// Of a type that we don't know we can't tell which further names it has, but a name that is one of ours but for
	// its case is wrong in any.
	if stranger != nil && (known || variant(stranger)) {
		return Message{}, bad("unknown name " + printable(stranger))
	}
	ts, refusal := p.check(key)
	switch {
	case refusal != nil:
		return Message{}, refusal
	case !known:
		return Message{}, domain.Refuse(domain.UnknownType, "unknown type")
	case ping:
		if p.id != nil || p.v != nil || p.m != nil || p.ts == nil {
			return Message{}, bad(`a ping has "ts" and nothing else`)
		}
		return Message{Ping: true, TS: ts}, nil
	case p.v == nil || p.id == nil && key == "":
		return Message{}, bad(`"id" and "v" are required`)
	case p.ts != nil || (p.m != nil) != move:
		return Message{}, bad(`"m" belongs to move, and "ts" to ping`)
	}
	id := key
	if p.id != nil {
		text, _ := unquote(p.id)
		id = string(text)
	}
	if move {
		if rules != nil && !rules.Wellformed(p.m) {
			return Message{}, bad(`"m" is not of this game's form`)
		}
		if moveSize(p.m) > MaxMove {
			return Message{}, domain.Refuse(domain.InvalidField, "m is longer than %d bytes", MaxMove)
		}
		wish = game.Move{M: compact(p.m)}
	}
	if !GoodID(id) {
		return Message{}, domain.Refuse(domain.InvalidField, "id must be 1 to 64 of A-Z a-z 0-9 _ -")
	}
	v, _ := plainNumber(p.v)
	return Message{ID: id, Basis: v, Wish: wish}, nil
}

// check refuses members of the wrong type, and an id that is not the key.
func (p parts) check(key string) (ts int64, refusal *domain.Error) {
	if p.id != nil {
		id, ok := unquote(p.id)
		if !ok {
			return 0, bad(`"id" must be a string`)
		}
		if key != "" && string(id) != key {
			return 0, bad("Idempotency-Key and id differ")
		}
	}
	if _, ok := plainNumber(p.v); !ok && p.v != nil {
		return 0, bad(`"v" must be a number`)
	}
	n, ok := plainNumber(p.ts)
	if !ok && p.ts != nil {
		return 0, bad(`"ts" must be a number`)
	}
	return int64(n), nil
}

// sortOut finds the members that commands can have; stranger is a name that none has.
func sortOut(list []member) (p parts, stranger []byte) {
	for _, m := range list {
		switch string(m.name) {
		case "t":
			p.t = m.value
		case "id":
			p.id = m.value
		case "v":
			p.v = m.value
		case "m":
			p.m = m.value
		case "ts":
			p.ts = m.value
		default:
			stranger = m.name
			if variant(stranger) {
				return p, stranger
			}
		}
	}
	return p, stranger
}

// variant tells whether a name is one of ours in other letters.
func variant(name []byte) bool {
	for _, ours := range [...]string{"t", "id", "v", "m", "ts"} {
		if strings.EqualFold(string(name), ours) {
			return true
		}
	}
	return false
}

func bad(message string) *domain.Error {
	return &domain.Error{Kind: domain.BadMessage, Message: message}
}

// printable is the beginning of a name, fit for a message to people.
func printable(name []byte) string {
	var b strings.Builder
	for _, r := range string(name) {
		if b.Len() > 32 {
			b.WriteString("...")
			break
		}
		if r < 0x20 || r == 0x7f || r == 0xfffd {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// moveSize is what MaxMove limits.
func moveSize(m []byte) int {
	if s, ok := unquote(m); ok {
		return len(s)
	}
	return len(m)
}

// compact copies a valid value without the white space between its parts: lines have no newlines in them.
func compact(value []byte) json.RawMessage {
	v := jsontext.Value(append([]byte(nil), value...))
	if err := v.Compact(); err != nil {
		return json.RawMessage(value) // cannot be: it has been validated
	}
	return json.RawMessage(v)
}
