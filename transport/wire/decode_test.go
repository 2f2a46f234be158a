package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/transport/wire"
)

const (
	bad     = domain.BadMessage
	unknown = domain.UnknownType
	invalid = domain.InvalidField
)

// TestRefusals is section 7 and the part of section 13 that is about messages, row by row.
func TestRefusals(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := []struct {
		name, msg string
		want      domain.Kind
		echo      string
	}{
		// Not exactly one JSON object.
		{"empty", ``, bad, ""},
		{"space", ` `, bad, ""},
		{"not JSON", `hello`, bad, ""},
		{"cut", `{"t":"resign","id":"a","v":1`, bad, ""},
		{"null", `null`, bad, ""},
		{"array", `[{"t":"resign","id":"a","v":1}]`, bad, ""},
		{"string", `"resign"`, bad, ""},
		{"number", `12`, bad, ""},
		{"trailing bytes", `{"t":"resign","id":"a","v":1}x`, bad, ""},
		{"two objects", `{"t":"resign","id":"a","v":1}{"t":"resign","id":"b","v":1}`, bad, ""},
		{"two lines", "{\"t\":\"resign\",\"id\":\"a\",\"v\":1}\n{\"t\":\"resign\",\"id\":\"b\",\"v\":1}", bad, ""},
		{"trailing comma", `{"t":"resign","id":"a","v":1,}`, bad, ""},
		{"single quotes", `{'t':'resign'}`, bad, ""},
		{"comment", `{"t":"resign","id":"a","v":1/**/}`, bad, ""},
		{"BOM", "\ufeff" + `{"t":"resign","id":"a","v":1}`, bad, ""},
		{"NaN", `{"t":"resign","id":"a","v":NaN}`, bad, ""},
		{"NUL byte", "{\"t\":\"resign\",\"id\":\"a\",\"v\":1}\x00", bad, ""},
		// null anywhere.
		{"null v", `{"t":"resign","id":"a","v":null}`, bad, "a"},
		{"null id", `{"t":"resign","id":null,"v":1}`, bad, ""},
		{"null t", `{"t":null,"id":"a","v":1}`, bad, "a"},
		{"null in m", `{"t":"move","id":"a","v":1,"m":null}`, bad, "a"},
		{"null deep in m", `{"t":"move","id":"a","v":1,"m":{"x":[1,null]}}`, bad, "a"},
		{"null of an unknown type", `{"t":"fly","id":"a","x":null}`, bad, "a"},
		// Keys.
		{"duplicate v", `{"t":"resign","id":"a","v":1,"v":1}`, bad, "a"},
		{"duplicate t", `{"t":"resign","t":"resign","id":"a","v":1}`, bad, "a"},
		{"duplicate id", `{"t":"resign","id":"a","id":"a","v":1}`, bad, ""},
		{"duplicate id, in disguise", `{"t":"resign","id":"a","\u0069d":"b","v":1}`, bad, ""},
		{"duplicate key in m", `{"t":"move","id":"a","v":1,"m":{"x":1,"x":2}}`, bad, "a"},
		{"unknown key", `{"t":"resign","id":"a","v":1,"why":"bored"}`, bad, "a"},
		{"empty key", `{"t":"resign","id":"a","v":1,"":0}`, bad, "a"},
		{"case variant of t", `{"T":"resign","id":"a","v":1}`, bad, "a"},
		{"case variant of id", `{"t":"resign","ID":"a","v":1}`, bad, ""},
		{"case variant beside id", `{"t":"resign","id":"a","Id":"a","v":1}`, bad, "a"},
		{"case variant of an unknown type", `{"t":"fly","id":"a","V":1}`, bad, "a"},
		{"m of another type", `{"t":"resign","id":"a","v":1,"m":"e2e4"}`, bad, "a"},
		{"ts of another type", `{"t":"resign","id":"a","v":1,"ts":1}`, bad, "a"},
		{"seat", `{"t":"resign","id":"a","v":1,"seat":"white"}`, bad, "a"},
		// Missing.
		{"nothing", `{}`, bad, ""},
		{"no t", `{"id":"a","v":1}`, bad, "a"},
		{"no id", `{"t":"resign","v":1}`, bad, ""},
		{"no v", `{"t":"resign","id":"a"}`, bad, "a"},
		{"no m", `{"t":"move","id":"a","v":1}`, bad, "a"},
		{"ping without ts", `{"t":"ping"}`, bad, ""},
		{"ping with id", `{"t":"ping","ts":1,"id":"a"}`, bad, "a"},
		{"ping with v", `{"t":"ping","ts":1,"v":1}`, bad, ""},
		// Wrong types.
		{"t a number", `{"t":1,"id":"a","v":1}`, bad, "a"},
		{"t an object", `{"t":{},"id":"a","v":1}`, bad, "a"},
		{"id a number", `{"t":"resign","id":7,"v":1}`, bad, ""},
		{"id an array", `{"t":"resign","id":["a"],"v":1}`, bad, ""},
		{"v a string", `{"t":"resign","id":"a","v":"1"}`, bad, "a"},
		{"v a boolean", `{"t":"resign","id":"a","v":true}`, bad, "a"},
		{"m a number in chess", `{"t":"move","id":"a","v":1,"m":5}`, bad, "a"},
		{"m an object in chess", `{"t":"move","id":"a","v":1,"m":{"from":"e2"}}`, bad, "a"},
		{"m a boolean in chess", `{"t":"move","id":"a","v":1,"m":false}`, bad, "a"},
		{"ts a string", `{"t":"ping","ts":"1"}`, bad, ""},
		// Numbers.
		{"exponent", `{"t":"resign","id":"a","v":1e3}`, bad, "a"},
		{"exponent E", `{"t":"resign","id":"a","v":1E3}`, bad, "a"},
		{"fraction", `{"t":"resign","id":"a","v":1.0}`, bad, "a"},
		{"half", `{"t":"resign","id":"a","v":1.5}`, bad, "a"},
		{"negative", `{"t":"resign","id":"a","v":-1}`, bad, "a"},
		{"minus zero", `{"t":"resign","id":"a","v":-0}`, bad, "a"},
		{"leading zero", `{"t":"resign","id":"a","v":01}`, bad, ""},
		{"plus", `{"t":"resign","id":"a","v":+1}`, bad, ""},
		{"hex", `{"t":"resign","id":"a","v":0x10}`, bad, ""},
		{"2^53", `{"t":"resign","id":"a","v":9007199254740992}`, bad, "a"},
		{"2^53+1", `{"t":"resign","id":"a","v":9007199254740993}`, bad, "a"},
		{"2^64", `{"t":"resign","id":"a","v":18446744073709551616}`, bad, "a"},
		{"2^64+5 as 5", `{"t":"resign","id":"a","v":18446744073709551621}`, bad, "a"},
		{"1e3 in m", `{"t":"move","id":"a","v":1,"m":[1e3]}`, bad, "a"},
		// Depth. The message itself is the first level.
		{"depth 9", `{"t":"move","id":"a","v":1,"m":` + deep(8) + `}`, bad, "a"},
		{"depth 1000", `{"t":"move","id":"a","v":1,"m":` + deep(1000) + `}`, bad, "a"},
		{"depth of an unknown type", `{"t":"fly","id":"a","x":` + deep(8) + `}`, bad, "a"},
		// Encoding.
		{"invalid UTF-8", "{\"t\":\"move\",\"id\":\"a\",\"v\":1,\"m\":\"\xff\"}", bad, ""},
		{"overlong", "{\"t\":\"move\",\"id\":\"a\",\"v\":1,\"m\":\"\xc0\xaf\"}", bad, ""},
		{"surrogate in UTF-8", "{\"t\":\"move\",\"id\":\"a\",\"v\":1,\"m\":\"\xed\xa0\x80\"}", bad, ""},
		{"lone high surrogate", `{"t":"move","id":"a","v":1,"m":"\ud800"}`, bad, "a"},
		{"lone low surrogate", `{"t":"move","id":"a","v":1,"m":"\udc00x"}`, bad, "a"},
		{"lone surrogate in a key", `{"t":"resign","id":"a","v":1,"\ud800":1}`, bad, "a"},
		{"control character in a string", "{\"t\":\"move\",\"id\":\"a\",\"v\":1,\"m\":\"\n\"}", bad, ""},

		{"unknown type", `{"t":"fly","id":"a","v":1}`, unknown, "a"},
		{"unknown type alone", `{"t":"fly"}`, unknown, ""},
		{"unknown type with fields of its own", `{"t":"chat","id":"a","v":1,"text":"hi"}`, unknown, "a"},
		{"type in other letters", `{"t":"Move","id":"a","v":1,"m":"e2e4"}`, unknown, "a"},
		{"empty type", `{"t":"","id":"a","v":1}`, unknown, "a"},
		{"a type of the server", `{"t":"state","v":1}`, unknown, ""},
		{"sit is not for sockets", `{"t":"sit","id":"a","v":1}`, unknown, "a"},
		{"create is not for sockets", `{"t":"create","id":"a","v":1}`, unknown, "a"},
		{"unknown type before bad id", `{"t":"fly","id":"a b","v":1}`, unknown, ""},

		{"empty id", `{"t":"resign","id":"","v":1}`, invalid, ""},
		{"id with space", `{"t":"resign","id":"a b","v":1}`, invalid, ""},
		{"id with dot", `{"t":"resign","id":"a.b","v":1}`, invalid, ""},
		{"id of letters elsewhere", `{"t":"resign","id":"ä","v":1}`, invalid, ""},
		{"id of 65", `{"t":"resign","id":"` + strings.Repeat("a", 65) + `","v":1}`, invalid, ""},
		{"id of 3 KB", `{"t":"resign","id":"` + strings.Repeat("a", 3000) + `","v":1}`, invalid, ""},
		{"id with NUL", `{"t":"resign","id":"a\u0000","v":1}`, invalid, ""},
		{"bad id, and v missing", `{"t":"resign","id":"a b"}`, bad, ""},
		{"m of 1025", `{"t":"move","id":"a","v":1,"m":"` + strings.Repeat("e", 1025) + `"}`, invalid, "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err, echo := wire.Decode([]byte(tt.msg), chess.Rules{})
			if err == nil {
				t.Fatalf("accepted as %+v", m)
			}
			if err.Kind != tt.want || echo != tt.echo {
				t.Errorf("%s (%s), echo %q; want %s, echo %q", err.Kind, err.Message, echo, tt.want, tt.echo)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	wishes := map[string]game.Wish{"resign": game.Resign{}, "abort": game.Abort{}, "draw-offer": game.DrawOffer{},
		"draw-accept": game.DrawAccept{}, "draw-decline": game.DrawDecline{}, "draw-claim": game.DrawClaim{},
		"takeback-offer": game.TakebackOffer{}, "takeback-accept": game.TakebackAccept{},
		"takeback-decline": game.TakebackDecline{}, "add-time": game.AddTime{}, "claim-victory": game.ClaimVictory{},
		"claim-draw": game.ClaimDraw{}, "rematch": game.Rematch{}}
	for typ, want := range wishes {
		m, err, echo := wire.Decode(fmt.Appendf(nil, `{"t":%q,"id":"a-7_Z","v":56}`, typ), chess.Rules{})
		if err != nil || echo != "a-7_Z" || m.ID != "a-7_Z" || m.Basis != 56 || m.Wish != want || m.Ping {
			t.Errorf("%s: %+v, %v, echo %q", typ, m, err, echo)
		}
		if want.Name() != typ {
			t.Errorf("%s is called %s in the domain", typ, want.Name())
		}
	}
	for _, typ := range wire.CommandTypes() {
		if wishes[typ] == nil && typ != "move" && typ != "ping" {
			t.Errorf("%s is accepted, but not in the protocol", typ)
		}
	}
}

func TestAccepted(t *testing.T) {
	tests := []struct {
		name, msg string
		rules     game.Rules
		want      wire.Message
		m         string
	}{
		{"move", `{"t":"move","id":"a","v":56,"m":"e2e4"}`, chess.Rules{}, wire.Message{ID: "a", Basis: 56}, `"e2e4"`},
		{"any order, any space", " {\t\"m\" : \"e2e4\" ,\r\n\"v\": 0,\"id\":\"a\" , \"t\":\"move\" } \n", chess.Rules{}, wire.Message{ID: "a"}, `"e2e4"`},
		{"escapes", `{"\u0074":"m\u006fve","id":"\u0061","v":1,"m":"e2e4"}`, chess.Rules{}, wire.Message{ID: "a", Basis: 1}, `"e2e4"`},
		{"v of 2^53-1", `{"t":"move","id":"a","v":9007199254740991,"m":"e2e4"}`, chess.Rules{}, wire.Message{ID: "a", Basis: 1<<53 - 1}, `"e2e4"`},
		{"a string that is no move is judged by the rules", `{"t":"move","id":"a","v":1,"m":"\u0000\ud83d\ude00 [null] {\"-1\":1e3}"}`, chess.Rules{}, wire.Message{ID: "a", Basis: 1}, `"\u0000\ud83d\ude00 [null] {\"-1\":1e3}"`},
		{"m of 1024", `{"t":"move","id":"a","v":1,"m":"` + strings.Repeat("e", 1024) + `"}`, chess.Rules{}, wire.Message{ID: "a", Basis: 1}, `"` + strings.Repeat("e", 1024) + `"`},
		{"empty m", `{"t":"move","id":"a","v":1,"m":""}`, chess.Rules{}, wire.Message{ID: "a", Basis: 1}, `""`},
		{"m of another game", "{\"t\":\"move\",\"id\":\"a\",\"v\":1,\"m\":{ \"x\" : [1,\n 2, true] }}", nil, wire.Message{ID: "a", Basis: 1}, `{"x":[1,2,true]}`},
		{"depth 8", `{"t":"move","id":"a","v":1,"m":[[[[[[[]]]]]]]}`, nil, wire.Message{ID: "a", Basis: 1}, `[[[[[[[]]]]]]]`},
		{"id of 64", `{"t":"move","id":"` + strings.Repeat("a", 64) + `","v":1,"m":"e2e4"}`, chess.Rules{}, wire.Message{ID: strings.Repeat("a", 64), Basis: 1}, `"e2e4"`},
		{"ping", `{"t":"ping","ts":1764000012301}`, chess.Rules{}, wire.Message{Ping: true, TS: 1764000012301}, ``},
		{"ping at zero", `{"ts":0,"t":"ping"}`, chess.Rules{}, wire.Message{Ping: true}, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err, _ := wire.Decode([]byte(tt.msg), tt.rules)
			if err != nil {
				t.Fatal(err)
			}
			if move, ok := m.Wish.(game.Move); ok {
				if string(move.M) != tt.m {
					t.Errorf("m is %s, want %s", move.M, tt.m)
				}
				m.Wish = nil
			}
			if m != tt.want {
				t.Errorf("%+v, want %+v", m, tt.want)
			}
		})
	}
}

func TestTheMessageMayBeReusedAfterDecode(t *testing.T) {
	msg := []byte(`{"t":"move","id":"abc","v":1,"m":"e2e4"}`)
	m, err, _ := wire.Decode(msg, chess.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range msg {
		msg[i] = 'x'
	}
	if m.ID != "abc" || string(m.Wish.(game.Move).M) != `"e2e4"` {
		t.Errorf("the message changed with its buffer: %+v", m)
	}
}

func TestIdempotencyKey(t *testing.T) {
	tests := []struct {
		name, msg, key string
		want           domain.Kind
		id             string
	}{
		{"only the key", `{"t":"resign","v":1}`, "k", "", "k"},
		{"only the body", `{"t":"resign","id":"b","v":1}`, "", "", "b"},
		{"both the same", `{"t":"resign","id":"k","v":1}`, "k", "", "k"},
		{"different", `{"t":"resign","id":"b","v":1}`, "k", bad, ""},
		{"none", `{"t":"resign","v":1}`, "", bad, ""},
		{"a bad key", `{"t":"resign","v":1}`, "k k", invalid, ""},
		{"id of the wrong type", `{"t":"resign","id":1,"v":1}`, "k", bad, ""},
	}
	for _, tt := range tests {
		m, err, _ := wire.DecodeKeyed([]byte(tt.msg), nil, tt.key)
		kind := domain.Kind("")
		if err != nil {
			kind = err.Kind
		}
		if kind != tt.want || m.ID != tt.id {
			t.Errorf("%s: %q %+v, want %q %q", tt.name, kind, m, tt.want, tt.id)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"t":"move","id":"a","v":56,"m":"e2e4"}`, `{"t":"ping","ts":1}`, `{"t":"resign","id":"a","v":1,"v":2}`,
		`{"t":"move","id":"a","v":1,"m":{"x":[1,null]}}`, `{"id":"\ud800"}`, `{"\u0069d":"a"`, `[`, `{"a":"\"}`, `{"id":"a","id":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		before := string(msg)
		m, err, echo := wire.Decode(msg, nil)
		if string(msg) != before {
			t.Fatal("the message was changed")
		}
		if echo != "" && !wire.GoodID(echo) {
			t.Fatalf("echoes the bad id %q", echo)
		}
		if err != nil {
			if line := wire.Error(echo, err); strings.Contains(string(line), "\n") {
				t.Fatalf("a refusal of two lines: %q", line)
			}
			return
		}
		if move, ok := m.Wish.(game.Move); ok {
			if strings.Contains(string(move.M), "\n") {
				t.Fatalf("m has a newline: %q", move.M)
			}
			// What was taken is taken again, and means the same.
			again, err, _ := wire.Decode(fmt.Appendf(nil, `{"t":"move","id":%q,"v":%d,"m":%s}`, m.ID, m.Basis, move.M), nil)
			if err != nil || string(again.Wish.(game.Move).M) != string(move.M) || again.ID != m.ID || again.Basis != m.Basis {
				t.Fatalf("%+v reads back as %+v, %v", m, again, err)
			}
		}
	})
}

func BenchmarkDecodeMove(b *testing.B) {
	msg := []byte(`{"t":"move","id":"8Jf2kQ-0123456789ab","v":56,"m":"e2e4"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err, _ := wire.Decode(msg, chess.Rules{}); err != nil {
			b.Fatal(err)
		}
	}
}
