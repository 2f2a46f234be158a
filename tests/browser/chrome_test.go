package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/plygames/ply/tests/harness"
)

// patience is how long anything that a page shall show may take on a busy machine.
const patience = 45 * time.Second

// chrome starts a browser for one test.
func chrome(t *testing.T) context.Context {
	t.Helper()
	path := harness.NeedPackage(t, "chromium", "chromium")
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
		// Pages in the background must go on: both players are looked at.
		chromedp.Flag("disable-renderer-backgrounding", true), chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.WSURLReadTimeout(60 * time.Second),
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	// A Chromium newer than the library sends events that the library complains of.
	browser, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() {
		// Wait for the process to end, so that its folder can be removed.
		_ = chromedp.Cancel(browser)
		cancel()
	})
	if err := chromedp.Run(browser); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return browser
}

// tab is one person's window with a memory of its own: nobody shares a guest with another tab.
type tab struct {
	t    *testing.T
	name string
	ctx  context.Context

	mu     sync.Mutex
	errors []string
	outage bool   // the server is or was away: failed connections are no mistakes of the page
	expect string // an error that is wanted
}

func newTab(t *testing.T, browser context.Context, name string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithTargetID(newWindow(t, browser)))
	t.Cleanup(cancel)
	p := &tab{t: t, name: name, ctx: ctx}
	chromedp.ListenTarget(ctx, p.listen)
	t.Cleanup(p.mustBeClean)
	p.size(1280, 800)
	return p
}

// newWindow opens a window that shares no memory with others. Chromium refuses to open a mere tab there.
func newWindow(t *testing.T, browser context.Context) target.ID {
	t.Helper()
	var id target.ID
	err := chromedp.Run(browser, chromedp.ActionFunc(func(ctx context.Context) error {
		ctx = cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
		apart, err := target.CreateBrowserContext().Do(ctx)
		if err != nil {
			return err
		}
		id, err = target.CreateTarget("about:blank").WithBrowserContextID(apart).WithNewWindow(true).Do(ctx)
		return err
	}))
	if err != nil {
		t.Fatalf("open a window: %v", err)
	}
	return id
}

func (p *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.report(e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeAssert {
			p.report(fmt.Sprintf("console.%s", e.Type))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError {
			p.report(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	}
}

func (p *tab) report(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.expect != "" && strings.Contains(text, p.expect) {
		return
	}
	if p.outage && (strings.Contains(text, "net::ERR_CONNECTION_") || strings.Contains(text, "net::ERR_EMPTY_RESPONSE")) {
		return
	}
	p.errors = append(p.errors, text)
}

func (p *tab) mayLoseServer() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outage = true
}

func (p *tab) mustBeClean() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.errors {
		p.t.Errorf("%s's page: %s", p.name, text)
	}
	if p.t.Failed() {
		p.t.Logf("%s's page was left as it is in %s", p.name, p.picture("failed-"+strings.ToLower(p.t.Name()+"-"+p.name)))
	}
}

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
	// The tab itself is made by the first action, and lives as long as the context of that action.
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
