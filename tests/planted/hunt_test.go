//go:build planted

package planted_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/planted"
)

var only = flag.String("bug", "", "only the mistakes whose names match")

// most is how long the search for one mistake may take: R14.
const most = 10 * time.Minute

// TestHunt plants every mistake and lets its hunter look for it.
func TestHunt(t *testing.T) {
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(*only)
	var report strings.Builder
	found, all := 0, 0
	for _, b := range planted.Bugs {
		if !wanted.MatchString(b.Name) {
			continue
		}
		all++
		t.Run(b.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), most)
			defer cancel()
			began := time.Now()
			program, err := b.Build(ctx, here, t.TempDir(), true)
			if err != nil {
				t.Fatal(err)
			}
			built := time.Since(began)
			v, err := b.Hunt(ctx, here, program)
			if err != nil {
				t.Fatal(err)
			}
			verdict := "MISSED"
			if v.Found {
				verdict = "found"
				found++
			} else {
				t.Errorf("%s %s does not see it", b.Hunter.Package, b.Hunter.Run)
			}
			fmt.Fprintf(&report, "%-6s %-34s in %8v (built in %v) by %s: %s\n", verdict, b.Name, v.Took.Round(10*time.Millisecond),
				built.Round(time.Second), b.Hunter.Package, v.What)
			t.Logf("%s: %s", verdict, v.What)
		})
	}
	t.Logf("%d of %d found\n%s", found, all, report.String())
}

// TestHuntersAreQuiet runs every hunter without a mistake: what complains anyway finds nothing.
func TestHuntersAreQuiet(t *testing.T) {
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{}
	for _, b := range planted.Bugs {
		if key := b.Hunter.Package + b.Hunter.Run; done[key] {
			continue
		} else {
			done[key] = true
		}
		t.Run(b.Hunter.Package, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), most)
			defer cancel()
			program, err := b.Build(ctx, here, t.TempDir(), false)
			if err != nil {
				t.Fatal(err)
			}
			b.Hunter.Args = b.Hunter.Quiet // not for minutes
			v, err := b.Hunt(ctx, here, program)
			if err != nil || v.Found {
				t.Errorf("%v %v", err, v.What)
			}
			t.Logf("quiet for %v", v.Took.Round(time.Second))
		})
	}
}
