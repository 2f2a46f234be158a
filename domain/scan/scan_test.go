package scan_test

import (
	"encoding/json"
	"testing"

	"github.com/plygames/ply/domain/scan"
)

func TestScanner(t *testing.T) {
	s := scan.New([]byte(`{"a":"x y","n":-12,"m":0}`))
	s.Expect(`{"a":"`)
	text := s.Text()
	s.Expect(`","n":`)
	n := s.Int()
	if s.Try(`,"z":`) {
		t.Error("passes what is not there")
	}
	s.Expect(`,"m":`)
	m := s.Int()
	s.Expect(`}`)
	if !s.OK() || text != "x y" || n != -12 || m != 0 {
		t.Errorf("read %q %d %d, %v", text, n, m, s.OK())
	}
	for _, bad := range []string{``, `-`, `-0`, `01`, `x`, `1234567890123456789`, `1 `, `1.0`, `1e3`} {
		s := scan.New([]byte(bad))
		if s.Int(); s.OK() {
			t.Errorf("%q is read as a number", bad)
		}
	}
	for _, bad := range []string{`abc`, `a\"`, "a\nb\"", "\u00e4\""} {
		s := scan.New([]byte(bad))
		s.Text()
		s.Expect(`"`)
		if s.OK() {
			t.Errorf("%q is read as a text", bad)
		}
	}
}

func TestPlain(t *testing.T) {
	for c := range rune(300) {
		text := string(c)
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := scan.Plain(text), string(quoted) == `"`+text+`"` && c < 127; got != want {
			t.Errorf("%q: plain %v, want %v", text, got, want)
		}
	}
	if !scan.Plain([]byte("e2e4")) || scan.Plain("\xff") || !scan.Plain("") {
		t.Error("bytes, broken text or nothing are judged wrongly")
	}
}

func TestQuoted(t *testing.T) {
	text := []byte(`"e2e4",1`)
	s := scan.New(text)
	m := s.Quoted()
	s.Expect(",1")
	if !s.OK() || string(m) != `"e2e4"` || cap(m) != len(m) {
		t.Errorf("read %q with room for %d, %v", m, cap(m), s.OK())
	}
	for _, bad := range []string{``, `"`, `"a`, `a"`, `"\u00e4"`, `7`} {
		s := scan.New([]byte(bad))
		if m := s.Quoted(); s.OK() || m != nil {
			t.Errorf("%s is read as %q", bad, m)
		}
	}
}
