package browser_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/plygames/ply/tests/harness"
)

// names are what people may call themselves here. Each tries to run something, to load something or to break the layout.
var names = []string{
	`<img src=x onerror=pwned=1>`,
	`"><script>pwned=1</script>`,
	`'-pwned-';pwned=1//`,
	`{{pwned=1}}${pwned=1}`,
	`</title><svg onload=pwned=1>`,
	`javascript:pwned=1`,
	`"onmouseover="pwned=1" x="`,
	strings.Repeat("W", 32),
	strings.Repeat("🧨", 32),
	"👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦",
	"שלום עליכם שלום עליכם",
	"a" + strings.Repeat("\u0335\u0489", 15),
	`%3Cscript%3E&lt;b&gt;&amp;&#60;`,
	"constructor",
	"__proto__",
}

// headers are what a PGN may say of players. No server of ours would take some of these for a name.
var headers = []string{
	`<script>pwned=1</script>`,
	`<img src=//evil.example/x onerror=pwned=1>`,
	"\u202egnp.exe\u202d <b>bold</b>",
	"\u2067\u2066abc" + strings.Repeat(" very long", 60),
	strings.Repeat("Nowhereabreak", 40),
	"../../../etc/passwd#?&=%00",
}

// hostilePGN has one game of each two headers.
func hostilePGN() string {
	var b strings.Builder
	for i, white := range headers {
		black := headers[(i+1)%len(headers)]
		fmt.Fprintf(&b, "[Event \"\\\"><script>pwned=1</script>\"]\n[Site \"javascript:pwned=1\"]\n[Date \"2024.01.%02d\"]\n[Round \"<svg onload=pwned=1>\"]\n", i+1)
		fmt.Fprintf(&b, "[White \"%s\"]\n[Black \"%s\"]\n[Result \"1-0\"]\n[Annotator \"<iframe src=javascript:pwned=1>\"]\n\n", white, black)
		fmt.Fprintf(&b, "1. e4 {<script>pwned=1</script>} e5 2. Qh5 Nc6 3. Bc4 Nf6 4. Qxf7# {[%%clk <b>]} 1-0\n\n")
	}
	return b.String()
}

// TestHostileNames: whatever people are called, and whatever a file of games says of itself, is text on every screen that
// shows it. It runs nothing, loads nothing, and nothing gets wider than a phone.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	file := filepath.Join(t.TempDir(), "hostile.pgn")
	if err := os.WriteFile(file, []byte(hostilePGN()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(harness.Binary(t), "import", "--data", data, file).CombinedOutput(); err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	s := harness.Start(t, harness.NoLimits, harness.Env("PLY_DATA", data))
	p := newTab(t, chrome(t), "Victim")
	p.size(360, 740)
	victims := map[string]string{} // what is to be read on a screen, by its path

	// People who play, and have played, under such names.
	var live []string
	for i := 0; i+1 < len(names); i += 2 {
		white, black := guest(t, s, names[i]), guest(t, s, names[i+1])
		game := seat(t, white, black).play("e2e4", "e7e5")
		victims["/game/"+game.id] = names[i]
		live = append(live, game.id)
		if i%6 == 0 {
			ended := seat(t, white, black).play(mated...)
			victims["/game/"+ended.id] = names[i+1]
			victims["/player/"+white.who.Person().ID] = names[i]
		}
	}
	for _, g := range imported(t, s, len(headers)) {
		victims["/game/"+g.Game] = g.Players["white"].Name
		victims["/player/"+g.Players["white"].ID] = g.Players["white"].Name
	}
	victims["/boards?games="+strings.Join(live, ",")] = names[0]
	victims["/"], victims["/tv"] = "", ""

	for n, path := range slices.Sorted(maps.Keys(victims)) {
		p.open(s.URL + path)
		p.reads(victims[path])
		p.harmless(path)
		p.fits(360)
		p.picture(fmt.Sprintf("hostile-%02d", n))
	}
}

type summary struct {
	Game    string
	Players map[string]struct{ ID, Name string }
}

// reads waits until a name is on the screen, whatever it is made of. Only what turns the direction of writing is left out.
func (p *tab) reads(name string) {
	p.t.Helper()
	shown := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
	text, err := json.Marshal(shown)
	if err != nil {
		p.t.Fatal(err)
	}
	p.until(`document.querySelector("#page > *") !== null && document.body.textContent.includes(` + string(text) + `)`)
}

// harmless checks that no markup came out of a text. What it might load, the tab itself complains about.
func (p *tab) harmless(path string) {
	p.t.Helper()
	if found := p.value(`[typeof pwned, typeof ({}).pwned, document.title.includes("\u202e"), document.querySelectorAll(
		"body script, iframe, [onerror], [onload], [onmouseover], #page img:not([src^='/assets/']), #page b, a[href^='javascript' i]").length].join()`); found != "undefined,undefined,false,0" {
		p.t.Errorf("%s: %s", path, found)
	}
	if loose := p.value(`String(/[\u202a-\u202e\u2066-\u2069]/.test(document.body.textContent))`); loose != "false" {
		p.t.Errorf("%s: a name turns the direction of what is written behind it", path)
	}
}

// imported waits until so many games that nobody here played are in the lists.
func imported(t *testing.T, s *harness.Server, n int) (found []summary) {
	t.Helper()
	harness.Eventually(t, patience, "the imported games are listed", func() bool {
		answer, err := http.Get(s.URL + "/api/games?status=ended&limit=100")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		var list struct{ Games []summary }
		if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
			t.Fatal(err)
		}
		found = found[:0]
		for _, g := range list.Games {
			if strings.HasPrefix(g.Players["white"].ID, "i_") {
				found = append(found, g)
			}
		}
		return len(found) == n
	})
	return found
}
