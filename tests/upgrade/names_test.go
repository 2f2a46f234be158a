package upgrade_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// eventName is what the stored name of an event looks like. A version of a name is never used for anything else.
var eventName = regexp.MustCompile(`^[a-z][a-z-]*\.v[1-9][0-9]*$`)

// notStored are names of the same form that no store ever holds: the WebSocket subprotocol and the bus's envelopes.
var notStored = map[string]bool{"ply.v1": true, "event.v1": true, "events.v1": true, "watermark.v1": true}

// TestEveryEventIsRecorded: whoever adds an event adds it to the recordings.
func TestEveryEventIsRecorded(t *testing.T) {
	recorded := make(map[string]bool)
	for _, streams := range recordings(t) {
		for _, lines := range streams {
			for _, g := range lines {
				recorded[g.Type] = true
			}
		}
	}
	written := namesInCode(t)
	for name, at := range written {
		if !recorded[name] {
			t.Errorf("%s: no recording holds %s: play it in play_test.go and record it (see doc.go)", at, name)
		}
	}
	for name := range recorded {
		if written[name] == "" {
			t.Errorf("%s was stored by some release, and no code knows it any more", name)
		}
	}
	if len(written) < 19 {
		t.Errorf("only %d names were found in the code", len(written))
	}
}

// namesInCode gives every event's name with the place where it stands.
func namesInCode(t *testing.T) map[string]string {
	t.Helper()
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]string)
	for _, folder := range []string{"domain", "commands", "projections", "transport", "infra"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if name, err := strconv.Unquote(literal.Value); err == nil && eventName.MatchString(name) && !notStored[name] {
						names[name] = files.Position(literal.Pos()).String()
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}
