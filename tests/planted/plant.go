package planted

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Bug is a mistake and the test that must see it.
type Bug struct {
	Name     string
	File     string // from the repository's root
	Old, New string // Old stands in File exactly once
	Hunter   Hunter
}

// Hunter is a test.
type Hunter struct {
	Package string // "./tests/sim"
	Run     string // which of its tests
	Args    []string
	Quiet   []string // in the place of Args, for a run without a mistake
}

// Patched is the file with the mistake.
func (b Bug) Patched(root string) ([]byte, error) {
	source, err := os.ReadFile(filepath.Join(root, b.File))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(source, []byte(b.Old)); n != 1 {
		return nil, fmt.Errorf("%s: %q stands there %d times", b.File, b.Old, n)
	}
	return bytes.Replace(source, []byte(b.Old), []byte(b.New), 1), nil
}

// Build makes the hunter's test program in a folder, with the mistake if plant is set, and gives its path.
func (b Bug) Build(ctx context.Context, root, folder string, plant bool) (string, error) {
	program := filepath.Join(folder, "hunter.test")
	args := []string{"test", "-c", "-o", program}
	if plant {
		patched, err := b.Patched(root)
		if err != nil {
			return "", err
		}
		file := filepath.Join(folder, "patched"+filepath.Ext(b.File))
		if err := os.WriteFile(file, patched, 0o644); err != nil {
			return "", err
		}
		overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, b.File): file}})
		if err != nil {
			return "", err
		}
		list := filepath.Join(folder, "overlay.json")
		if err := os.WriteFile(list, overlay, 0o644); err != nil {
			return "", err
		}
		args = append(args, "-overlay", list)
	}
	command := exec.CommandContext(ctx, "go", append(args, b.Hunter.Package)...)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return program, nil
}

// Verdict is what a hunter found.
type Verdict struct {
	Found bool
	What  string // its first complaint
	Took  time.Duration
}

// Hunt runs a hunter. Found: it failed. A hunter that does not come to an end has found something too, as a test that
// hangs does.
func (b Bug) Hunt(ctx context.Context, root, program string) (Verdict, error) {
	began := time.Now()
	command := exec.CommandContext(ctx, program, append([]string{"-test.run", b.Hunter.Run, "-test.timeout", "9m"}, b.Hunter.Args...)...)
	command.Dir = filepath.Join(root, b.Hunter.Package)
	out, err := command.CombinedOutput()
	v := Verdict{Took: time.Since(began)}
	if err == nil {
		if bytes.Contains(out, []byte("no tests to run")) {
			return v, fmt.Errorf("%s has no test %s", b.Hunter.Package, b.Hunter.Run)
		}
		return v, nil
	}
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	v.Found, v.What = true, complaint(string(out))
	return v, nil
}

// complaint is the first line that tells what is wrong.
func complaint(out string) string {
	for _, mark := range []string{"_test.go:", "panic:", "fatal error:", "DATA RACE"} {
		for line := range strings.Lines(out) {
			if strings.Contains(line, mark) && !strings.Contains(line, "planted:") {
				line = strings.TrimSpace(line)
				return line[:min(len(line), 200)]
			}
		}
	}
	return strings.TrimSpace(out[:min(len(out), 200)])
}
