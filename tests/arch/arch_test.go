package arch_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/plygames/ply/tests/arch"
)

// TestTheRepositoryKeepsTheRules looks at everything that git would keep.
func TestTheRepositoryKeepsTheRules(t *testing.T) {
	root := filepath.Join("..", "..")
	ignored, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := arch.Check(os.DirFS(root), ignoring(strings.Fields(string(ignored))))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// ignoring understands the two forms of .gitignore lines that we use: /path and *.suffix.
func ignoring(lines []string) func(string) bool {
	return func(p string) bool {
		return p == ".git" || slices.ContainsFunc(lines, func(line string) bool {
			if anchored, ok := strings.CutPrefix(line, "/"); ok {
				return p == strings.TrimSuffix(anchored, "/")
			}
			matched, err := path.Match(line, path.Base(p))
			return err == nil && matched
		})
	}
}

// TestEveryRuleCanBeBroken checks a tree in which each rule is broken once, and nothing else is reported.
func TestEveryRuleCanBeBroken(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "bad.txt"))
	if err != nil {
		t.Fatal(err)
	}
	tree, want := parse(string(script))
	tree["domain/endless.go"] = &fstest.MapFile{Data: []byte("package domain\n" + strings.Repeat("\n", 600))}
	want = append(want, "domain/endless.go: has 601 lines, more than 600")

	found, err := arch.Check(tree, ignoring(nil))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range found {
		got = append(got, v.String())
	}
	slices.Sort(want)
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("not found: %s", w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("found, but not wrong: %s", g)
		}
	}
}

// parse reads a tree: "-- path --" begins a file, a line "!! rule" says what is wrong with that path.
func parse(script string) (fstest.MapFS, []string) {
	tree, want := fstest.MapFS{}, []string(nil)
	name := ""
	for _, line := range strings.SplitAfter(script, "\n") {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "-- ") && strings.HasSuffix(text, " --"):
			name = strings.TrimSuffix(strings.TrimPrefix(text, "-- "), " --")
			tree[name] = &fstest.MapFile{}
		case strings.HasPrefix(text, "!! "):
			want = append(want, strings.TrimPrefix(text, "!! "))
		case name != "":
			tree[name].Data = append(tree[name].Data, line...)
		}
	}
	return tree, want
}
