package wire

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// What comes from outside is read strictly: one object and nothing behind it, no name twice, no null, numbers only as
// plain digits below 2^53, at most maxDepth deep, well-formed UTF-8. jsontext judges syntax, names and encoding; a
// second, simple pass over what it accepted judges the rest and finds the members.

const (
	maxDepth  = 8
	maxNumber = 1<<53 - 1
	maxDigits = 16 // of maxNumber
)

// What strict reading refuses. The texts are shown to the sender.
var (
	errObject = errors.New("not exactly one JSON object")
	errSyntax = errors.New("not well-formed: JSON, UTF-8, no name twice")
	errNull   = errors.New("null is not used")
	errNumber = errors.New("numbers are plain digits below 2^53")
	errDepth  = errors.New("too deep")
)

// member is one member of an object: its name without quotes, its value as it stands in the message.
type member struct{ name, value []byte }

// members lists the members of the one object that msg is, all of it strictly read. into is where the list begins.
// The result points into msg, but for names that were written with escapes.
func members(msg []byte, into []member) ([]member, error) {
	start := skipSpace(msg, 0)
	if start == len(msg) || msg[start] != '{' {
		return nil, errObject
	}
	if !jsontext.Value(msg).IsValid() {
		return nil, errSyntax
	}
	if err := check(msg); err != nil {
		return nil, err
	}
	return split(msg, into), nil
}

// check refuses what is well-formed JSON, but not ours: null, depth, and numbers of other shapes.
func check(msg []byte) error {
	depth := 0
	for i := 0; i < len(msg); {
		switch c := msg[i]; {
		case c == '"':
			i = stringEnd(msg, i)
			continue
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return errDepth
			}
		case c == '}' || c == ']':
			depth--
		case c == 'n':
			return errNull
		case c == 't':
			i += len("true")
			continue
		case c == 'f':
			i += len("false")
			continue
		case c == '-':
			return errNumber
		case c >= '0' && c <= '9':
			end := numberEnd(msg, i)
			if _, ok := plainNumber(msg[i:end]); !ok {
				return errNumber
			}
			i = end
			continue
		}
		i++
	}
	return nil
}

// split finds the members of a valid object.
func split(msg []byte, into []member) []member {
	i := skipSpace(msg, skipSpace(msg, 0)+1)
	for msg[i] != '}' {
		end := stringEnd(msg, i)
		name := unquoteName(msg[i:end])
		i = skipSpace(msg, end) // at the colon
		i = skipSpace(msg, i+1) // at the value
		end = valueEnd(msg, i)  // behind it
		into = append(into, member{name, msg[i:end]})
		i = skipSpace(msg, end) // at the comma or the end
		if msg[i] == ',' {
			i = skipSpace(msg, i+1)
		}
	}
	return into
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// stringEnd is the place behind the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(b)
}

func numberEnd(b []byte, i int) int {
	for i < len(b) {
		switch c := b[i]; {
		case c >= '0' && c <= '9', c == '.', c == 'e', c == 'E', c == '+', c == '-':
			i++
		default:
			return i
		}
	}
	return i
}

// valueEnd is the place behind the valid value that begins at i.
func valueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return stringEnd(b, i)
	case 't':
		return i + len("true")
	case 'f':
		return i + len("false")
	case 'n':
		return i + len("null")
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				i = stringEnd(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return i
	default:
		return numberEnd(b, i)
	}
}

// plainNumber reads digits without sign, point, exponent or leading zeros.
func plainNumber(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > maxDigits || b[0] == '0' && len(b) > 1 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, n <= maxNumber
}

// unquoteName is a name's text; nearly always it is just what stands between the quotes.
func unquoteName(quoted []byte) []byte {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	plain, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil { // a lone surrogate; only where somebody asks for the id of a message that is refused anyway
		return inner
	}
	return plain
}

// unquote is the text of a string value, in place unless it was written with escapes; false if the value is no string.
func unquote(value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	plain, err := jsontext.AppendUnquote(nil, value)
	return plain, err == nil
}

// lenient lists the members of a message that is a JSON object, whatever else is wrong with it; nil if it is none.
func lenient(msg []byte) []member {
	start := skipSpace(msg, 0)
	if start == len(msg) || msg[start] != '{' || !utf8.Valid(msg) {
		return nil
	}
	if !jsontext.Value(msg).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		return nil
	}
	return split(msg, nil)
}

// EchoID is the id that a refusal of msg may repeat: msg is a JSON object, however much else is wrong with it, and has
// exactly one member "id", whose value is a good id. Otherwise it is empty.
func EchoID(msg []byte) string {
	found := ""
	for _, m := range lenient(msg) {
		if string(m.name) != "id" {
			continue
		}
		id, ok := unquote(m.value)
		if !ok || !GoodID(string(id)) || found != "" {
			return ""
		}
		found = string(id)
	}
	return found
}

// GoodID tells whether a text is an id as clients and seats have them: 1 to 64 of A-Z a-z 0-9 _ -.
func GoodID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// HasMember tells whether msg is an object with a member of this name, however much else is wrong with it.
func HasMember(msg []byte, name string) bool {
	for _, m := range lenient(msg) {
		if string(m.name) == name {
			return true
		}
	}
	return false
}
