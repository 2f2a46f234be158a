package browser_test

import (
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// TestNewcomersPlay: two people who were never here click the same time and sit opposite each other.
func TestNewcomersPlay(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	browser := chrome(t)
	ann, bob := newTab(t, browser, "Ann"), newTab(t, browser, "Bob")
	ann.open(s.URL)
	ann.until(`document.querySelector(".open-games .skeleton") === null`)
	for _, width := range []int64{360, 768, 1440} {
		ann.size(width, 820)
		ann.fits(width)
		ann.picture("home-" + map[int64]string{360: "360", 768: "768", 1440: "1440"}[width])
	}
	ann.scheme("dark")
	ann.picture("home-1440-dark")
	ann.scheme("light")
	bob.open(s.URL)
	ann.click(`[data-control="3+2"]`)
	ann.see("dialog.waiting", "Looking for an opponent")
	ann.picture("waiting")
	bob.see(".open-games .entry", "3+2")
	bob.click(`[data-control="3+2"]`)
	for _, p := range []*tab{ann, bob} {
		p.until(`location.pathname.startsWith("/game/") && document.querySelector(".table") !== null`)
	}
	if a, b := ann.value(`location.pathname`), bob.value(`location.pathname`); a != b {
		t.Errorf("they sit in two games: %s and %s", a, b)
	}
}
