package web_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// TestWordsAreInOneFile: what people read is in words.js, so that somebody can change or translate it without reading
// the rest. Outside of it no literal may become a text of the page.
func TestWordsAreInOneFile(t *testing.T) {
	modules := 0
	err := filepath.WalkDir("page", func(name string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".js" || name == filepath.Join("page", "words.js") {
			return err
		}
		modules++
		source, err := os.ReadFile(name)
		for _, l := range literals(string(source)) {
			if l.english() {
				t.Errorf("%s:%d: %q belongs into words.js", name, l.line, l.text)
			}
		}
		return err
	})
	if err != nil || modules < 20 {
		t.Errorf("%d modules: %v", modules, err)
	}
}

func TestWhatIsEnglish(t *testing.T) {
	for source, want := range map[string]bool{
		`toast("Saved.")`:                                                       true,
		`el("p", {}, "rated")`:                                                  true,
		`el("p", {}, a ? "x" : "no clock")`:                                     true,
		`button("Flip", f, { class: "link" })`:                                  true,
		"say(`${who} offers a draw`)":                                           true,
		"const a = `${b ? `is ${c} away now` : ''}`":                            true,
		`el("a", { title: "more" })`:                                            true,
		`el("a", { "aria-label": name, alt: "a pawn" })`:                        true,
		`const a = 'Nobody is here'`:                                            true,
		`if (/x"y/.test(z)) { w("Not here") }`:                                  true,
		`el("section", { class: "card notice", data: { card: "open" } }, name)`: false,
		"el('div', { class: `card notice ${kind} more` })":                      false,
		`cell.className = "light square"`:                                       false,
		`root.querySelector("input, select, textarea")`:                         false,
		`matchMedia("(prefers-color-scheme: dark) and (width > 3px)")`:          false,
		`call("GET", "/api/games", { headers: { "Content-Type": "x/y" } })`:     false,
		`event.key === "ArrowLeft" || event.key === "Escape"`:                   false,
		`throw new Error("this must not happen")`:                               false,
		`el("p", {}, kind === "draw" ? say.draw : say.takeback)`:                false,
		`// "Not a string", says a comment`:                                     false,
		`const path = "M10 20 L30 40 z"; a = b / 2 / c; // "Not here"`:          false,
		`el("span", {}, "·"); el("span", {}, say.more, " – ")`:                  false,
	} {
		got := false
		for _, l := range literals(source) {
			got = got || l.english()
		}
		if got != want {
			t.Errorf("%s: %v", source, got)
		}
	}
}

// literal is a string of a module, or a piece of a template between two expressions, and where it stands.
type literal struct {
	text   string
	line   int
	key    string // of the property that it is (a part of) the value of
	callee string // of the call that it is an argument of
	arg    int
	asked  bool // it is compared with something
}

var (
	word     = regexp.MustCompile(`[A-Za-z]{2,}`)
	sentence = regexp.MustCompile(`^[A-Z][a-z]{2,}|[a-z]{2,},? [a-z]+,? [a-z]{2,}|^ [a-z]{2,} [a-z]{2,}`)
	// Names that browsers and HTTP give.
	given = regexp.MustCompile(`^(Arrow[A-Z][a-z]+|Escape|Enter|Home|End|Tab|Backspace|Delete|Space|Shift|Page[UD][a-z]+|Authorization|Content-Type|Bearer )$`)
)

// texts are the functions that put arguments on the page: the first and the last of those.
var texts = map[string][2]int{
	"el": {2, 99}, "button": {0, 0}, "setText": {1, 1}, "toast": {0, 0}, "append": {0, 99}, "confirm": {0, 3},
}

func (l literal) english() bool {
	if l.asked {
		return false
	}
	switch l.key {
	case "class", "className", "key":
		return false
	case "title", "aria-label", "aria-description", "placeholder", "alt", "textContent":
		return word.MatchString(l.text)
	}
	if args, found := texts[l.callee]; found && args[0] <= l.arg && l.arg <= args[1] {
		return word.MatchString(l.text)
	}
	switch l.callee {
	case "querySelector", "querySelectorAll", "closest", "matches", "matchMedia", "Error", "Refusal", "add", "remove", "toggle":
		return false
	}
	return sentence.MatchString(l.text) && !given.MatchString(l.text)
}

// literals reads a module as far as strings need it.
func literals(source string) []literal {
	s := &scanner{rest: source, line: 1, open: []frame{{}}}
	for s.rest != "" {
		s.next()
	}
	return s.found
}

// frame is an open bracket.
type frame struct {
	bracket     byte
	callee, key string
	arg         int
}

type scanner struct {
	rest  string
	line  int
	open  []frame
	last  [2]string // the two tokens before
	found []literal
}

var (
	name    = regexp.MustCompile(`^[#A-Za-z_$][A-Za-z0-9_$]*`)
	quoted  = regexp.MustCompile(`^"(?:[^"\\\n]|\\.)*"|^'(?:[^'\\\n]|\\.)*'`)
	comment = regexp.MustCompile(`^//[^\n]*|^(?s:/\*.*?\*/)`)
	pattern = regexp.MustCompile(`^/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*`)
	operand = regexp.MustCompile(`^[A-Za-z0-9_$#"')\]]`) // a slash behind it divides
)

func (s *scanner) next() {
	top := &s.open[len(s.open)-1]
	c := s.rest[0]
	switch {
	case c == '\n' || c == ' ' || c == '\t':
		s.take(1)
	case c == '/' && comment.MatchString(s.rest):
		s.take(len(comment.FindString(s.rest)))
	case (c == '#' || c == '$' || c == '_' || unicode.IsLetter(rune(c))) && name.MatchString(s.rest):
		s.token(name.FindString(s.rest))
	case (c == '"' || c == '\'') && quoted.MatchString(s.rest):
		text := quoted.FindString(s.rest)
		s.literal(text[1 : len(text)-1])
		s.token(text)
	case c == '`':
		s.take(1)
		s.template()
	case c == '/' && !operand.MatchString(s.last[1]) && pattern.MatchString(s.rest):
		s.token(pattern.FindString(s.rest))
	case strings.IndexByte("([{", c) >= 0:
		f := frame{bracket: c}
		if c == '(' {
			f.callee = s.last[1]
		}
		s.open = append(s.open, f)
		s.token(s.rest[:1])
	case strings.IndexByte(")]}", c) >= 0 && len(s.open) > 1:
		s.open = s.open[:len(s.open)-1]
		s.token(s.rest[:1])
		if top.bracket == '`' {
			s.template()
		}
	case c == ',' || c == ';':
		top.arg++
		top.key = ""
		s.token(s.rest[:1])
	case c == ':' && (s.last[0] == "{" || s.last[0] == ",") || c == '=' && s.last[1] != "=":
		top.key = strings.Trim(s.last[1], `"'`)
		s.token(s.rest[:1])
	default:
		s.token(s.rest[:1])
	}
}

// template reads on behind a backquote or the end of an expression.
func (s *scanner) template() {
	end := 0
	for end < len(s.rest) && s.rest[end] != '`' && !strings.HasPrefix(s.rest[end:], "${") {
		if s.rest[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(s.rest))
	s.literal(s.rest[:end])
	s.take(end)
	if strings.HasPrefix(s.rest, "${") {
		top := s.open[len(s.open)-1]
		top.bracket = '`' // what stands in it stands where the template stands
		s.open = append(s.open, top)
		s.token("${")
	} else if s.rest != "" {
		s.token("`")
		s.last[1] = `"` // its end is the end of an operand
	}
}

func (s *scanner) literal(text string) {
	top := s.open[len(s.open)-1]
	asked := s.last[1] == "=" && s.last[0] == "="
	s.found = append(s.found, literal{text, s.line, top.key, top.callee, top.arg, asked})
}

func (s *scanner) token(text string) {
	s.last[0], s.last[1] = s.last[1], text
	s.take(len(text))
}

func (s *scanner) take(n int) {
	s.line += strings.Count(s.rest[:n], "\n")
	s.rest = s.rest[n:]
}
