package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/plygames/ply/tests/harness"
)

// do runs actions and gives up after a while, with a picture of what was there.
func (p *tab) do(what string, actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, what, err)
	}
}

// size sets the window; up to 500 px wide it is a phone.
func (p *tab) size(width, height int64) {
	p.t.Helper()
	options := []chromedp.EmulateViewportOption{chromedp.EmulateScale(1)}
	if width <= 500 {
		options = []chromedp.EmulateViewportOption{chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch}
	}
	if err := chromedp.Run(p.ctx, chromedp.EmulateViewport(width, height, options...)); err != nil {
		p.t.Fatalf("%s: %d x %d: %v", p.name, width, height, err)
	}
}

func (p *tab) scheme(name string) {
	p.t.Helper()
	p.do(name, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}))
}

func (p *tab) open(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url), chromedp.WaitVisible(`#page > *`, chromedp.ByQuery))
}

// click presses and releases the mouse in the middle of a button, once it is one that can be pressed.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.until(fmt.Sprintf("document.querySelector(%q)?.disabled === false", selector))
	p.do("click "+selector, chromedp.Click(selector, chromedp.ByQuery))
}

func (p *tab) fill(selector, text string) {
	p.t.Helper()
	p.do("fill "+selector, chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).select()`, selector), nil),
		chromedp.SendKeys(selector, text, chromedp.ByQuery))
}

// choose picks an option of a list, as a change by hand would.
func (p *tab) choose(selector, value string) {
	p.t.Helper()
	p.do("choose "+value, chromedp.Evaluate(fmt.Sprintf(
		`{ const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event("change", { bubbles: true })) }`, selector, value), nil))
}

// leave goes to a page without a game, as somebody who closes the window.
func (p *tab) leave() {
	p.t.Helper()
	p.do("leave", chromedp.Navigate("about:blank"))
}

func (p *tab) reload() {
	p.t.Helper()
	p.do("reload", chromedp.Reload(), chromedp.WaitVisible(`#page > *`, chromedp.ByQuery))
}

// until waits for a JavaScript condition. It survives that the page goes elsewhere meanwhile.
func (p *tab) until(condition string) {
	p.t.Helper()
	harness.Eventually(p.t, patience, p.name+"'s page: "+condition, func() bool {
		var met bool
		err := chromedp.Run(p.ctx, chromedp.Evaluate(condition, &met))
		return err == nil && met
	})
}

// see waits until an element shows a text.
func (p *tab) see(selector, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.getClientRects().length > 0 && e.textContent.includes(%q))`, selector, text))
}

func (p *tab) value(script string) string {
	p.t.Helper()
	var value string
	p.do(script, chromedp.Evaluate(script, &value))
	return value
}

func square(name string) string { return `.table [data-square="` + name + `"]` }

// move plays a move by two clicks, and a third for the piece of a promotion ("b7b8q").
func (p *tab) move(m string) {
	p.t.Helper()
	// A target of the last move is movable, too, until the page draws again: it must not be taken for the piece that came.
	p.until(fmt.Sprintf(`((c) => c.contains("movable") && !c.contains("target") && !c.contains("capture"))(document.querySelector('%s').classList)`, square(m[:2])))
	p.click(square(m[:2]))
	p.until(fmt.Sprintf(`["target","capture"].some((c) => document.querySelector('%s').classList.contains(c))`, square(m[2:4])))
	p.click(square(m[2:4]))
	if len(m) == 5 {
		p.click(`.choices [data-piece="` + m[4:] + `"]`)
	}
}

// moves waits until the move list shows so many moves, the newest being san.
func (p *tab) moves(n int, san string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`(() => { const all = [...document.querySelectorAll(".moves [data-ply]")]; return all.length === %d && all.at(-1).textContent === %q })()`, n, san))
}

// fits checks that nothing makes the page wider than the window.
func (p *tab) fits(width int64) {
	p.t.Helper()
	if wide := p.value(`String(document.documentElement.scrollWidth)`); wide != fmt.Sprint(width) {
		p.t.Errorf("%s: the page is %s px wide in a window of %d", p.name, wide, width)
	}
}

// picture keeps what the tab shows and gives the file's name.
func (p *tab) picture(name string) string {
	root, err := harness.Root()
	if err != nil {
		p.t.Fatal(err)
	}
	dir := filepath.Join(root, "tests", "output", "browser")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	var png []byte
	// Gliding pieces must have arrived.
	settled := chromedp.Poll(`document.getAnimations().every((a) => a.effect.getComputedTiming().iterations === Infinity)`, nil,
		chromedp.WithPollingTimeout(patience))
	if err := chromedp.Run(ctx, settled, chromedp.CaptureScreenshot(&png)); err != nil {
		p.t.Logf("%s: picture %s: %v", p.name, name, err)
		return ""
	}
	file := filepath.Join(dir, name+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
	return filepath.Join("tests", "output", "browser", name+".png")
}
