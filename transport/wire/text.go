package wire

import (
	"strconv"
	"unicode/utf8"

	"github.com/plygames/ply/domain/game"
)

// The lines are written by hand: they are on the path of every move, times every audience. Each append function adds
// to b and returns it, like those of the standard library.

const hexDigits = "0123456789abcdef"

// appendString adds s as a JSON string. Control characters, < > & and the two line separators that JavaScript once
// took for line ends are escaped, so that a line can be put into any page; invalid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			if c == '"' || c == '\\' {
				b = append(b, '\\', c)
			} else {
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, s[start:i]...)
			b = append(b, "\ufffd"...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(b, s[start:i]...)
			b = append(b, '\\', 'u', '2', '0', '2', hexDigits[r&15])
			start = i + size
		}
		i += size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// The field functions add `,"name":value`.

func fieldString(b []byte, name, value string) []byte {
	b = appendName(b, name)
	return appendString(b, value)
}

func fieldInt(b []byte, name string, value int64) []byte {
	b = appendName(b, name)
	return strconv.AppendInt(b, value, 10)
}

func fieldBool(b []byte, name string, value bool) []byte {
	b = appendName(b, name)
	return strconv.AppendBool(b, value)
}

// fieldRaw adds a value that is JSON already; none if it is empty.
func fieldRaw(b []byte, name string, value []byte) []byte {
	if len(value) == 0 {
		return b
	}
	b = appendName(b, name)
	return append(b, value...)
}

func fieldSeats(b []byte, name string, seats []game.Seat) []byte {
	b = appendName(b, name)
	b = append(b, '[')
	for i, s := range seats {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, string(s))
	}
	return append(b, ']')
}

// appendName adds a name of ours, which never needs escaping.
func appendName(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// open begins an object with its type.
func open(b []byte, typ string) []byte {
	b = append(b, `{"t":"`...)
	b = append(b, typ...)
	return append(b, '"')
}
