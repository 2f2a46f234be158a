package pebble_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
)

const childDir = "PLY_TEST_CHILD_OPENS"

// TestSecondProcessIsRefused opens the folder from another process, which is this test again.
func TestSecondProcessIsRefused(t *testing.T) {
	if dir := os.Getenv(childDir); dir != "" {
		_, err := pebble.Open(pebble.Config{Dir: dir})
		mustBe(t, err, pebble.ErrInUse)
		return
	}
	dir := t.TempDir()
	s := mustOpen(t, pebble.Config{Dir: dir})
	child := exec.Command(os.Args[0], "-test.run=^TestSecondProcessIsRefused$")
	child.Env = append(os.Environ(), childDir+"="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, err := pebble.Open(pebble.Config{Dir: dir})
	mustBe(t, err, pebble.ErrInUse)
	if !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "another folder") {
		t.Errorf("the message does not say where and what to do: %v", err)
	}
	mustAppend(t, s, newScript("still-works").next(1))
}

func TestFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := pebble.Open(pebble.Config{Dir: filepath.Join(file, "data")})
	if err == nil || errors.Is(err, pebble.ErrInUse) {
		t.Fatalf("got %v", err)
	}
}

// TestUseAfterClose: everything ends with an error, nothing panics.
func TestUseAfterClose(t *testing.T) {
	s, err := pebble.Open(pebble.Config{Dir: t.TempDir(), Incarnation: "a"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	view, err := s.View("v")
	if err != nil {
		t.Fatal(err)
	}
	subscribed := make(chan error, 1)
	go func() { subscribed <- s.SubscribeAll(ctx, "", nil) }()
	events := newScript("g").next(1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mustBe(t, <-subscribed, commands.ErrUnavailable)
	mustBe(t, appendTo(s, events), commands.ErrUnavailable)
	for what, err := range map[string]error{
		"head":     second(s.Head(ctx)),
		"read":     second(collect(s.ReadStream(ctx, events[0].Stream, 1))),
		"load":     second(s.Load(ctx, "g")),
		"save":     s.Save(ctx, "g", nil),
		"view":     second(s.View("w")),
		"get":      second(view.Get(nil)),
		"mark":     s.Mark(1),
		"verify":   s.Verify(ctx, nil),
		"backup":   s.Backup(ctx, t.TempDir(), nil),
		"position": second(s.At(ctx, "0000000000000001")),
	} {
		if err == nil {
			t.Errorf("%s after close succeeded", what)
		}
	}
	if err := view.Close(); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestInvalidAppends(t *testing.T) {
	s := mustOpen(t, pebble.Config{Dir: t.TempDir()})
	ctx := context.Background()
	good := newScript("g").next(2)
	for name, err := range map[string]error{
		"no events":         s.Append(ctx, "game-g", 0, nil),
		"no stream":         s.Append(ctx, "", 0, good),
		"long stream":       s.Append(ctx, newScript(strings.Repeat("x", 1100)).stream, 0, newScript(strings.Repeat("x", 1100)).next(1)),
		"another stream":    s.Append(ctx, "game-h", 0, good),
		"version too early": s.Append(ctx, "game-g", 1, good),
		"version gap":       s.Append(ctx, "game-g", 0, good[1:]),
	} {
		if !errors.Is(err, pebble.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := length(t, s, "game-g"); n != 0 {
		t.Errorf("%d events were written", n)
	}
}

func TestPositionsOfAnotherStore(t *testing.T) {
	s := mustOpen(t, pebble.Config{Dir: t.TempDir()})
	ctx := context.Background()
	events := newScript("g").next(3)
	mustAppend(t, s, events)
	at, err := s.At(ctx, "0000000000000002")
	if err != nil || at.ID != events[1].ID || at.Position != "0000000000000002" {
		t.Errorf("at position 2: %+v, %v", at, err)
	}
	for _, p := range []string{"0000000000000004", "ffffffffffffffff", "2", "x", "000000000000000A", "0000000000000000"} {
		if _, err := collect(s.ReadAll(ctx, event.Position(p))); !errors.Is(err, pebble.ErrPosition) {
			t.Errorf("read after %q: %v", p, err)
		}
		if err := s.SubscribeAll(ctx, event.Position(p), nil); !errors.Is(err, pebble.ErrPosition) {
			t.Errorf("subscribe after %q: %v", p, err)
		}
		if _, err := s.At(ctx, event.Position(p)); !errors.Is(err, pebble.ErrPosition) {
			t.Errorf("at %q: %v", p, err)
		}
	}
	mustBe(t, second(s.At(ctx, "")), pebble.ErrPosition)
}
