package browser_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// heaviest is what a first load may bring over the network, in bytes: headers, the page and everything needed to play.
const heaviest = 150_000

// loaded is one answer as the browser's own Resource Timing has it.
type loaded struct {
	Name           string
	Transfer, Body int64 // with headers as it came over the network, 0 from the browser's cache; compressed without them
}

// resources are the page itself and all that it has loaded so far.
func (p *tab) resources() []loaded {
	p.t.Helper()
	var all []loaded
	script := `JSON.stringify([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
		.map(({ name, transferSize, encodedBodySize }) => ({ name, transfer: transferSize, body: encodedBodySize })))`
	if err := json.Unmarshal([]byte(p.value(script)), &all); err != nil {
		p.t.Fatal(err)
	}
	return all
}

// TestWeight: a stranger's first load is light, whichever screen it is, brings all that a game needs, and is the last one
// until there is another release.
func TestWeight(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	game := seat(t, guest(t, s, "Ada"), guest(t, s, "Ben")).play(italian...)
	browser := chrome(t)
	for _, path := range []string{"/", "/game/" + game.id} {
		p := newTab(t, browser, "Stranger")
		p.open(s.URL + path)
		p.until(`performance.getEntriesByType("navigation")[0].loadEventEnd > 0`)
		total, assets := int64(0), 0
		for _, one := range p.resources() {
			total += one.Transfer
			if strings.Contains(one.Name, "/assets/") {
				assets++
				// The icon is loaded for the window, too, which is not told here.
				if !strings.HasSuffix(one.Name, ".svg") && (one.Transfer == 0 || one.Body == 0) {
					t.Errorf("%s: no size of %s", path, one.Name)
				}
			}
		}
		t.Logf("%s: %d bytes, %d files", path, total, assets)
		if total > heaviest || assets < 20 {
			t.Errorf("%s: the first load is %d bytes, %d files", path, total, assets)
		}

		// Whatever comes next is the answers of the API.
		for _, next := range []string{"/game/" + game.id, "/"} {
			p.open(s.URL + next)
			p.until(`performance.getEntriesByType("navigation")[0].loadEventEnd > 0`)
			assets = 0
			for _, one := range p.resources() {
				if strings.Contains(one.Name, "/assets/") {
					assets++
					if one.Transfer != 0 {
						t.Errorf("%s after %s asks again for %s", next, path, one.Name)
					}
				}
			}
			if assets < 20 {
				t.Errorf("%s after %s has %d files", next, path, assets)
			}
		}
	}
}
