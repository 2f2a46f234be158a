package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// point is a place in the window, in CSS pixels.
type point struct{ X, Y float64 }

// middle is where the middle of an element is.
func (p *tab) middle(selector string) point {
	p.t.Helper()
	var at point
	p.do("find "+selector, chromedp.Evaluate(fmt.Sprintf(
		`(({ x, y, width, height }) => ({ X: x + width / 2, Y: y + height / 2 }))(document.querySelector(%q).getBoundingClientRect())`, selector), &at))
	return at
}

// may waits until a piece may be moved, and the board has drawn the position that allows it.
func (p *tab) may(from string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`((c) => c.contains("movable") && !c.contains("target") && !c.contains("capture"))(document.querySelector('%s').classList)`, square(from)))
}

// drawn waits until what the page has decided is on the screen: only then does the browser know which squares take a finger
// for themselves, and where it scrolls the page.
func (p *tab) drawn() {
	p.t.Helper()
	var drawn bool
	p.do("wait for two frames", chromedp.Evaluate(
		`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`, &drawn,
		func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
}

// drag takes a piece with the mouse, carries it and lets it go.
func (p *tab) drag(m string) {
	p.t.Helper()
	from, to := p.middle(square(m[:2])), p.middle(square(m[2:4]))
	mouse := func(kind input.MouseType, at point) chromedp.Action {
		return input.DispatchMouseEvent(kind, at.X, at.Y).WithButton(input.Left).WithButtons(1).WithClickCount(1)
	}
	p.do("drag "+m, mouse(input.MousePressed, from), mouse(input.MouseMoved, point{from.X + 8, from.Y + 3}),
		mouse(input.MouseMoved, point{(from.X + to.X) / 2, (from.Y + to.Y) / 2}), mouse(input.MouseMoved, to),
		input.DispatchMouseEvent(input.MouseReleased, to.X, to.Y).WithButton(input.Left).WithClickCount(1))
}

// slide does the same with a finger.
func (p *tab) slide(m string) {
	p.t.Helper()
	from, to := p.middle(square(m[:2])), p.middle(square(m[2:4]))
	touch := func(kind input.TouchType, at ...point) chromedp.Action {
		points := []*input.TouchPoint{}
		for _, a := range at {
			points = append(points, &input.TouchPoint{X: a.X, Y: a.Y})
		}
		return input.DispatchTouchEvent(kind, points)
	}
	p.do("slide "+m, touch(input.TouchStart, from), touch(input.TouchMove, point{from.X + 12, from.Y + 3}),
		touch(input.TouchMove, point{(from.X + to.X) / 2, (from.Y + to.Y) / 2}), touch(input.TouchMove, to), touch(input.TouchEnd))
}

// tap touches the middle of an element for a moment, until a condition holds: on a busy machine the moment may become a
// long press, which is no tap.
func (p *tab) tap(selector, condition string) {
	p.t.Helper()
	at := p.middle(selector)
	for range 12 {
		p.do("tap "+selector, input.DispatchTouchEvent(input.TouchStart, []*input.TouchPoint{{X: at.X, Y: at.Y}}),
			input.DispatchTouchEvent(input.TouchEnd, []*input.TouchPoint{}))
		if chromedp.Run(p.ctx, chromedp.Poll(condition, nil, chromedp.WithPollingTimeout(4*time.Second))) == nil {
			return
		}
	}
	p.t.Fatalf("%s: tapping %s does not lead to %s", p.name, selector, condition)
}

func (p *tab) press(keys string) {
	p.t.Helper()
	p.do("press "+keys, chromedp.KeyEvent(keys))
}

// tabTo presses the tabulator until an element has the focus.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	for range 150 {
		if p.value(fmt.Sprintf(`String(document.activeElement.matches(%q))`, selector)) == "true" {
			return
		}
		p.press(kb.Tab)
	}
	p.t.Fatalf("%s: the tabulator does not lead to %s", p.name, selector)
}

// walk goes over the board by arrow keys, white at the bottom or not, and chooses a square.
func (p *tab) walk(to string) {
	p.t.Helper()
	at := p.value(`document.activeElement.dataset.square`)
	across, up := int(to[0])-int(at[0]), int(to[1])-int(at[1])
	if p.value(`document.querySelector(".squares").firstChild.dataset.square`) == "h1" {
		across, up = -across, -up
	}
	p.press(strings.Repeat(kb.ArrowRight, max(across, 0)) + strings.Repeat(kb.ArrowLeft, max(-across, 0)) +
		strings.Repeat(kb.ArrowUp, max(up, 0)) + strings.Repeat(kb.ArrowDown, max(-up, 0)))
	if there := p.value(`document.activeElement.dataset.square`); there != to {
		p.t.Fatalf("%s: the arrow keys lead from %s to %s, not to %s", p.name, at, there, to)
	}
	p.press(kb.Enter)
}

// A hand plays a move in one way.
type hand func(p *tab, m string)

// hands are the ways to play. Each takes turns between two that a person may mix.
func hands() map[string]hand {
	odd := map[*tab]bool{}
	turn := func(p *tab) bool { odd[p] = !odd[p]; return odd[p] }
	return map[string]hand{
		"mouse": func(p *tab, m string) {
			p.may(m[:2])
			p.drag(m)
		},
		"touch": func(p *tab, m string) {
			p.may(m[:2])
			p.drawn()
			if turn(p) {
				p.slide(m)
				return
			}
			p.tap(square(m[:2]), fmt.Sprintf(`["target","capture"].some((c) => document.querySelector('%s').classList.contains(c))`, square(m[2:4])))
			p.tap(square(m[2:4]), `document.querySelector(".square.selected") === null`)
		},
		"keyboard": func(p *tab, m string) {
			p.may(m[:2])
			if turn(p) {
				p.tabTo(`[data-square]`)
				p.walk(m[:2])
				p.walk(m[2:4])
				return
			}
			p.tabTo(`.typed input`)
			p.press(m + kb.Enter)
		},
	}
}

// become lets the page be a person that was made elsewhere, before it is opened.
func (p *tab) become(who *opponent) {
	p.t.Helper()
	person, err := json.Marshal(who.who.Person())
	if err != nil {
		p.t.Fatal(err)
	}
	p.onNewPage(fmt.Sprintf(`if (location.protocol === "http:" && !localStorage.getItem("ply.guest")) { localStorage.setItem("ply.guest", %q) }`, person))
}

// offline takes the network away from a page, or gives it back.
func (p *tab) offline(away bool) {
	p.t.Helper()
	p.mayLoseServer()
	p.do("network", chromedp.ActionFunc(func(ctx context.Context) error {
		return network.EmulateNetworkConditions(away, 0, -1, -1).Do(ctx)
	}))
}

func (p *tab) linked(state string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.getElementById("link").dataset.state === %q`, state))
}

// heard waits until something was said to those who listen.
func (p *tab) heard(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.querySelector('[role="log"]').textContent.includes(%q)`, text))
}

func newGame(t testing.TB, white, black *opponent) string {
	t.Helper()
	return seat(t, white, black).id
}

// onNewPage runs a script in every page that is opened from now on, before its own ones.
func (p *tab) onNewPage(script string) {
	p.t.Helper()
	p.do("prepare", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
}
