// Package scan reads JSON in exactly the form in which this release writes it: fields in one order, no white space, no
// escapes. Replays read millions of such events; whatever looks otherwise is left to the standard decoder. It is part of
// the domain and imports nothing.
//
// The one invariant: a Scanner that is not OK at the end has decided nothing.
package scan

// Scanner reads from the front of a text. Once something does not fit it stays not OK.
type Scanner struct {
	rest   []byte
	failed bool
}

// New reads a text from its beginning. The text is not changed.
func New(text []byte) Scanner { return Scanner{rest: text} }

// OK tells whether everything so far did fit and nothing is left.
func (s *Scanner) OK() bool { return !s.failed && len(s.rest) == 0 }

// Expect passes a literal that must stand here.
func (s *Scanner) Expect(literal string) {
	if !s.Try(literal) {
		s.failed = true
	}
}

// Try passes a literal if it stands here.
func (s *Scanner) Try(literal string) bool {
	if len(s.rest) < len(literal) || string(s.rest[:len(literal)]) != literal {
		return false
	}
	s.rest = s.rest[len(literal):]
	return true
}

// Text reads up to the next quotation mark, which it leaves. A text with an escape or a byte above ASCII does not fit.
func (s *Scanner) Text() string { return string(s.Bytes()) }

// Bytes is Text without a copy: the result is a part of what is read.
func (s *Scanner) Bytes() []byte {
	text := s.rest
	n := s.plain()
	return text[:n:n]
}

// plain passes what stands before the next quotation mark, and tells its length.
func (s *Scanner) plain() int {
	for i, c := range s.rest {
		if c == '"' {
			s.rest = s.rest[i:]
			return i
		}
		if c == '\\' || c < ' ' || c > '~' {
			break
		}
	}
	s.failed = true
	return 0
}

// Quoted reads a text with its quotation marks. The result is a part of what is read, not a copy.
func (s *Scanner) Quoted() []byte {
	whole := s.rest
	s.Expect(`"`)
	n := s.plain()
	s.Expect(`"`)
	if s.failed {
		return nil
	}
	return whole[: n+2 : n+2]
}

// Int reads a whole number of at most 18 digits.
func (s *Scanner) Int() int64 {
	negative := s.Try("-")
	n, digits := int64(0), 0
	for digits < len(s.rest) && s.rest[digits] >= '0' && s.rest[digits] <= '9' && digits <= 18 {
		n = n*10 + int64(s.rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 18 || digits > 1 && s.rest[0] == '0' || negative && n == 0 {
		s.failed = true
		return 0
	}
	s.rest = s.rest[digits:]
	if negative {
		return -n
	}
	return n
}
