package browser_test

import (
	"fmt"
	"testing"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// TestScreens looks at every screen on a phone, a tablet and a wide screen, in light and dark: nothing is wider than the
// window, the accessibility checker has nothing to say, and a picture of each is kept.
func TestScreens(t *testing.T) {
	t.Parallel()
	checker := axe(t)
	s := harness.Start(t, harness.NoLimits)
	browser := chrome(t)
	ada, ben := guest(t, s, "Ada"), guest(t, s, "Ben")
	ended := seat(t, ada, ben).play(mated...)
	live := seat(t, guest(t, s, "Judit"), guest(t, s, "Magnus")).play(italian...)

	visitor := newTab(t, browser, "Visitor")
	visitor.open(s.URL)
	visitor.screen("home", checker)

	ann := newTab(t, browser, "Ann")
	ann.open(s.URL)
	ann.click(`.start [value="15+10"]`)
	link := startGame(ann, "Ann", "white")
	ann.screen("invite", checker)
	cy := newTab(t, browser, "Cy")
	cy.open(link)
	cy.see(`[data-card="invited"] h2`, "Ann invites you")
	cy.screen("invited", checker)
	bob := follow(t, s, "Bob", link)
	ann.see(`[data-card="turn"] h2`, "Your turn")
	for i := 0; i+1 < len(italian); i += 2 {
		ann.move(italian[i])
		bob.reply(italian[i], italian[i+1])
	}
	ann.moves(12, "h6")
	ann.screen("turn", checker)
	bob.wish("draw-offer")
	ann.see(`[data-card="draw-theirs"] h2`, "Bob offers a draw")
	ann.click(square("g5"))
	ann.screen("offer", checker)
	ann.click(`[data-wish="resign"]`)
	ann.see("dialog", "Resign the game?")
	ann.screen("question", checker)
	ann.click(`dialog button:not([data-answer="yes"])`)
	bob.do(client.Plain("resign"))
	ann.see(`[data-card="result"] h2`, "White wins")
	ann.screen("ended", checker)

	visitor.open(s.URL + "/game/" + ended.id)
	visitor.moves(len(mated), "Qxf7#")
	visitor.click(`[data-step="back"]`)
	visitor.screen("replay", checker)
	visitor.expect = "404 (Not Found)"
	visitor.open(s.URL + "/game/AAAAAAAAAAAA")
	visitor.see("h1", "This game can't be shown")
	visitor.screen("unknown", checker)

	visitor.open(s.URL + "/game/" + live.id)
	visitor.moves(len(italian), "Bh4")
	visitor.screen("watching", checker)
	for _, p := range []*tab{visitor, ann, cy} {
		p.mayLoseServer()
	}
	s.Kill9()
	visitor.until(`document.getElementById("link").dataset.state === "waiting"`)
	visitor.screen("lost", checker)
}

// screen keeps pictures of what the tab shows in all sizes and colours, and checks each.
func (p *tab) screen(name, checker string) {
	p.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		p.scheme(scheme)
		for _, width := range []int64{360, 768, 1440} {
			p.size(width, map[int64]int64{360: 740, 768: 1024, 1440: 900}[width])
			shown := fmt.Sprintf("%s-%d-%s", name, width, scheme)
			p.picture(shown)
			p.fits(width)
			if width != 768 { // between the others in everything
				p.accessible(checker, shown)
			}
		}
	}
	p.scheme("light")
	p.size(1280, 800)
}
