package browser_test

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/plygames/ply/tests/harness"
)

// The accessibility checker: a package of npm's, in an exact version. Nothing of it gets into the binary.
const (
	axeVersion = "4.14.1"
	axeSum     = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c" // SHA-256 of axe.min.js
)

// axe gives the checker's script, or nothing where it can't be had: then the rest of a test goes on without it, loudly.
func axe(t *testing.T) string {
	t.Helper()
	script, err := fetchedAxe()
	if err == nil {
		return script
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("axe-core %s: %v", axeVersion, err)
	}
	t.Logf("NOT PROVEN: accessible; axe-core %s: %v", axeVersion, err)
	return ""
}

var axeOnce sync.Mutex

// fetchedAxe reads the script from the user's cache, where npm brings it once.
func fetchedAxe() (string, error) {
	axeOnce.Lock()
	defer axeOnce.Unlock()
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	kept := filepath.Join(cache, "ply-test", "axe-core-"+axeVersion+".min.js")
	script, err := os.ReadFile(kept)
	if errors.Is(err, os.ErrNotExist) {
		if script, err = packedAxe(); err == nil {
			err = keep(kept, script)
		}
	}
	if err != nil {
		return "", err
	}
	if sum := sha256.Sum256(script); hex.EncodeToString(sum[:]) != axeSum {
		return "", fmt.Errorf("%s has another sum: %x", kept, sum)
	}
	return string(script), nil
}

// packedAxe lets npm fetch the package, and takes the one file out of it. None of its own scripts run.
func packedAxe() ([]byte, error) {
	dir, err := os.MkdirTemp("", "ply-axe-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if out, err := exec.Command("npm", "pack", "axe-core@"+axeVersion, "--silent", "--pack-destination", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack: %w\n%s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "axe-core-"+axeVersion+".tgz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	for files := tar.NewReader(z); ; {
		header, err := files.Next()
		if err != nil {
			return nil, err
		}
		if header.Name == "package/axe.min.js" {
			return io.ReadAll(files)
		}
	}
}

// keep writes a file so that nobody sees half of it.
func keep(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	half, err := os.CreateTemp(filepath.Dir(name), "half-*")
	if err != nil {
		return err
	}
	_, err = half.Write(content)
	return errors.Join(err, half.Close(), os.Rename(half.Name(), name))
}

// finding is one rule that a page breaks.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		Target         []any
		FailureSummary string
	}
}

func (f finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", f.ID, f.Impact, f.Help)
	for _, n := range f.Nodes {
		fmt.Fprintf(&b, "\n  %v: %s", n.Target, strings.Join(strings.Fields(n.FailureSummary), " "))
	}
	return b.String()
}

// accessible checks what the tab shows. Nothing may be found, not even what is less than serious.
func (p *tab) accessible(script, screen string) {
	p.t.Helper()
	if script == "" {
		return
	}
	for _, f := range p.findings(script) {
		p.t.Errorf("%s: %s", screen, f)
	}
}

// findings are all rules that are broken. The checker runs from outside: the page's policy has no say in it.
func (p *tab) findings(script string) []finding {
	p.t.Helper()
	var text string
	p.do("check", chromedp.ActionFunc(func(ctx context.Context) error {
		var there bool
		if err := chromedp.Evaluate(`typeof axe === "object"`, &there).Do(ctx); err != nil {
			return err
		}
		if !there {
			if err := chromedp.Evaluate(script+"; 0", nil).Do(ctx); err != nil {
				return err
			}
		}
		return chromedp.Evaluate(`axe.run(document, { resultTypes: ["violations"] }).then((r) => JSON.stringify(r.violations))`, &text,
			func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }).Do(ctx)
	}))
	var found []finding
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		p.t.Fatalf("the checker's answer: %v: %.200s", err, text)
	}
	return found
}

// TestCheckerFinds: the checker that finds nothing on our screens does find what is wrong with a page.
func TestCheckerFinds(t *testing.T) {
	t.Parallel()
	script := axe(t)
	if script == "" {
		t.Skip("SKIPPED, NOT PROVEN: there is no checker")
	}
	s := harness.Start(t, harness.NoLimits)
	p := newTab(t, chrome(t), "Wrong")
	p.open(s.URL)
	p.do("spoil it", chromedp.Evaluate(`{
		const pale = document.createElement("p");
		pale.textContent = "You can't read this.";
		pale.style.color = "#999";
		pale.style.background = "#aaa";
		document.getElementById("page").append(pale, document.createElement("button"));
	}`, nil))
	ids := map[string]bool{}
	for _, f := range p.findings(script) {
		ids[f.ID] = f.Impact == "serious" || f.Impact == "critical"
	}
	if !ids["color-contrast"] || !ids["button-name"] {
		t.Errorf("found only %v", ids)
	}
}
