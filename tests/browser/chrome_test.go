package browser_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/plygames/ply/tests/harness"
)

// patience is how long anything that a page shall show may take on a busy machine.
const patience = 45 * time.Second

// running is the browser that all tests share: starting one takes seconds, a window of it does not.
var running struct {
	sync.Mutex
	ctx context.Context
	end func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if running.end != nil {
		running.end()
	}
	os.Exit(code)
}

// chrome gives the browser, and starts it if there is none or if the one there was has died.
func chrome(t testing.TB) context.Context {
	t.Helper()
	path := harness.NeedPackage(t, "chromium", "chromium")
	running.Lock()
	defer running.Unlock()
	if running.ctx != nil {
		select {
		case <-chromedp.FromContext(running.ctx).Browser.LostConnection:
			running.end()
		default:
			return running.ctx
		}
	}
	memory, err := os.MkdirTemp("", "ply-browser-")
	if err != nil {
		t.Fatal(err)
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(memory), chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
		// Pages in the background must go on: both players are looked at.
		chromedp.Flag("disable-renderer-backgrounding", true), chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.WSURLReadTimeout(60 * time.Second),
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	// A Chromium newer than the library sends events that the library complains of: not to anybody.
	browser, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	end := func() {
		// Wait for the process to end, so that its folder can be removed.
		_ = chromedp.Cancel(browser)
		cancel()
		stop()
		_ = os.RemoveAll(memory)
	}
	if err := chromedp.Run(browser); err != nil {
		end()
		t.Fatalf("start chromium: %v", err)
	}
	running.ctx, running.end = browser, end
	return browser
}

// tab is one person's window with a memory of its own: nobody shares a guest with another tab.
type tab struct {
	t    testing.TB
	name string
	ctx  context.Context

	mu     sync.Mutex
	errors []string
	outage bool   // the server is or was away: failed connections are no mistakes of the page
	expect string // an error that is wanted
}

func newTab(t testing.TB, browser context.Context, name string) *tab {
	t.Helper()
	window, apart := newWindow(t, browser)
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithTargetID(window))
	t.Cleanup(func() {
		cancel()
		onBrowser(t, browser, "close a window", func(ctx context.Context) error { return target.DisposeBrowserContext(apart).Do(ctx) })
	})
	p := &tab{t: t, name: name, ctx: ctx}
	chromedp.ListenTarget(ctx, p.listen)
	t.Cleanup(p.mustBeClean)
	// The tab itself is made by the first action, and lives as long as the context of that action.
	err := chromedp.Run(ctx, network.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(tattle).Do(ctx)
		return err
	}))
	if err != nil {
		t.Fatalf("%s's window: %v", name, err)
	}
	p.size(1280, 800)
	return p
}

// tattle makes what the policy stopped an error of the page, whatever the browser itself thinks of it.
const tattle = `addEventListener("securitypolicyviolation", (e) => console.error("Content Security Policy:", e.violatedDirective, e.blockedURI, e.sourceFile))`

// newWindow opens a window that shares no memory with others. Chromium refuses to open a mere tab there.
func newWindow(t testing.TB, browser context.Context) (id target.ID, apart cdp.BrowserContextID) {
	t.Helper()
	onBrowser(t, browser, "open a window", func(ctx context.Context) (err error) {
		if apart, err = target.CreateBrowserContext().Do(ctx); err != nil {
			return err
		}
		id, err = target.CreateTarget("about:blank").WithBrowserContextID(apart).WithNewWindow(true).Do(ctx)
		return err
	})
	return id, apart
}

// onBrowser asks something of the browser rather than of a page.
func onBrowser(t testing.TB, browser context.Context, what string, deed func(context.Context) error) {
	t.Helper()
	err := chromedp.Run(browser, chromedp.ActionFunc(func(ctx context.Context) error {
		return deed(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
	}))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func (p *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.report(e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeAssert {
			text := fmt.Sprintf("console.%s", e.Type)
			for _, a := range e.Args {
				text += " " + string(a.Value) + a.Description
			}
			p.report(text)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError {
			p.report(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		if foreign(e.Request.URL, e.DocumentURL) {
			p.report("asked another host for " + e.Request.URL)
		}
	}
}

// foreign tells whether a page asks a host that is not its own.
func foreign(asked, page string) bool {
	a, err := url.Parse(asked)
	if err != nil {
		return true
	}
	b, err := url.Parse(page)
	return err != nil || a.Host != "" && a.Host != b.Host
}

func (p *tab) report(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.expect != "" && strings.Contains(text, p.expect) {
		return
	}
	if p.outage && strings.Contains(text, "net::ERR_") {
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
		p.t.Logf("%s's page was left as it is in %s", p.name, p.picture("failed-"+strings.ReplaceAll(strings.ToLower(p.t.Name()+"-"+p.name), "/", "-")))
	}
}
