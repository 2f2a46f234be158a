package pgn

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxText is the longest text of one game, in bytes. 20,000 moves with clock times are half of it.
const maxText = 4 << 20

// errLong is a game whose text is longer than maxText.
var errLong = errors.New("the game's text is too long")

// Text is one game as it stands in a file, in UTF-8 and without escaped lines.
type Text struct {
	Line int    // where it begins, counted from 1
	PGN  string // empty if Err is set
	Err  error  // why it can't be read at all
}

// Splitter finds the games of a file, one after the other, in constant memory. A game is found by its tags, so one that
// is damaged does not take the next one with it.
type Splitter struct {
	lines *bufio.Reader
	line  int
	read  int64
	err   error

	ahead     []byte // the line that begins the next game
	aheadLine int
}

// NewSplitter reads a file from its beginning.
func NewSplitter(r io.Reader) *Splitter { return &Splitter{lines: bufio.NewReaderSize(r, 64<<10)} }

// Read is how many bytes of the file have been read.
func (s *Splitter) Read() int64 { return s.read }

// Next gives the next game. Errors are those of the file; io.EOF at its end.
func (s *Splitter) Next() (Text, error) {
	var kept bytes.Buffer
	t := Text{}
	add := func(line []byte, at int) {
		if t.Line == 0 {
			t.Line = at
		}
		if kept.Len()+len(line) > maxText {
			t.Err = errLong
			return
		}
		kept.Write(line)
	}
	tags, moves, inComment := false, false, false
	if s.ahead != nil {
		add(s.ahead, s.aheadLine)
		tags, s.ahead = true, nil
	}
	blank := false // the line before was empty
	gap := false   // an empty line after tags: if tags follow, they are the next game's
	for {
		line, at, err := s.next()
		if err != nil {
			if t.Line == 0 {
				return t, err
			}
			break
		}
		text := bytes.TrimSpace(line)
		if inComment && blank && bytes.HasPrefix(line, []byte(`[Event "`)) {
			inComment = false // it was never closed: the next game shall not be lost with it
		}
		blank = len(text) == 0
		switch {
		case !inComment && bytes.HasPrefix(line, []byte("%")):
			continue // private to some program (PGN standard, section 6); the library takes it for moves
		case !inComment && len(text) == 0:
			gap = tags
			if t.Line == 0 {
				continue
			}
		case !inComment && text[0] == '[':
			if moves || gap {
				s.ahead, s.aheadLine = append([]byte(nil), line...), at
				return t.done(&kept), nil
			}
			tags = true
		default:
			moves = true
			inComment = commentAfter(line, inComment)
		}
		add(line, at)
	}
	if s.err != io.EOF {
		return t, s.err
	}
	return t.done(&kept), nil
}

// next reads one line, with a newline at its end. Parts of a line that is too long are dropped, which makes the game's
// text too long as well.
func (s *Splitter) next() ([]byte, int, error) {
	if s.err != nil {
		return nil, 0, s.err
	}
	var line []byte
	for {
		part, err := s.lines.ReadSlice('\n')
		s.read += int64(len(part))
		if len(line) <= maxText {
			line = append(line, part...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			s.err = err
			if len(line) == 0 {
				return nil, 0, err
			}
			line = append(line, '\n')
		}
		break
	}
	s.line++
	if s.line == 1 {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return line, s.line, nil
}

// commentAfter tells whether a line of moves ends within a comment in braces, which do not nest.
func commentAfter(line []byte, inComment bool) bool {
	for _, c := range line {
		switch {
		case inComment:
			inComment = c != '}'
		case c == '{':
			inComment = true
		case c == ';':
			return false // to the end of the line
		}
	}
	return inComment
}

// done makes the text UTF-8: files are in Latin-1 by the standard, newer ones in UTF-8.
func (t Text) done(kept *bytes.Buffer) Text {
	switch {
	case t.Err != nil:
		return t
	case utf8.Valid(kept.Bytes()):
		t.PGN = kept.String()
		return t
	}
	var b strings.Builder
	for _, c := range kept.Bytes() {
		b.WriteRune(rune(c))
	}
	t.PGN = b.String()
	return t
}
