package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/plygames/ply/transport/client"
)

// played is a data folder with a finished game, an unfinished one, and a person who changed the name.
func played(t *testing.T) (s *server, finished string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s = start(t, t.TempDir(), "PLY_RATE_LIMITS=off")
	nobody := client.New(s.addr, client.Options{})
	people := make([]*client.Client, 2)
	for i, name := range []string{"Ann", "Bob"} {
		var err error
		if people[i], err = nobody.Guest(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, moves := range [][]string{{"f2f3", "e7e5", "g2g4", "d8h4"}, {"e2e4"}} {
		made, err := people[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := people[1].Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
			t.Fatal(err)
		}
		v := uint64(4)
		for i, m := range moves {
			command := client.Move(m)
			command.ID, command.V = client.NewID(), v
			receipt, err := people[i%2].Command(ctx, made.Game, command)
			if err != nil {
				t.Fatal(err)
			}
			v = receipt.V
		}
		if finished == "" {
			finished = made.Game
		}
	}
	return s, finished
}

func TestBackupRestoreVerify(t *testing.T) {
	s, game := played(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	pgn, err := client.New(s.addr, client.Options{}).PGN(ctx, game)
	if err != nil {
		t.Fatal(err)
	}

	hot := filepath.Join(t.TempDir(), "hot")
	if r := run(t, nil, "backup", "--data", s.data, hot); r.code != 0 || !strings.Contains(r.out, "backup in "+hot) {
		t.Fatalf("backup of a running server: %+v", r)
	}
	if r := run(t, nil, "backup", "--data", s.data, hot); r.code != 1 || !strings.Contains(r.errors, "not empty") {
		t.Errorf("backup over a backup: %+v", r)
	}
	if r := run(t, nil, "verify", "--data", s.data); r.code != 1 || !strings.Contains(r.errors, "is in use by") {
		t.Errorf("verify of a running server: %+v", r)
	}
	s.signal(syscall.SIGTERM)
	if code := s.exit(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	cold := filepath.Join(t.TempDir(), "cold")
	if r := run(t, nil, "backup", "--data", s.data, cold); r.code != 0 {
		t.Fatalf("backup of a stopped server: %+v", r)
	}
	if r := run(t, nil, "verify", "--data", s.data); r.code != 0 || !strings.Contains(r.out, "of 2 games (1 unfinished)") {
		t.Errorf("verify: %+v", r)
	}

	for _, from := range []string{hot, cold} {
		data := filepath.Join(t.TempDir(), "data")
		if r := run(t, nil, "restore", from, "--data", data); r.code != 0 || !strings.Contains(r.out, "restored and verified") {
			t.Fatalf("restore: %+v", r)
		}
		if r := run(t, nil, "restore", from, "--data", data); r.code != 1 || !strings.Contains(r.errors, "not empty") {
			t.Errorf("restore over data: %+v", r)
		}
		again := start(t, data)
		got, err := client.New(again.addr, client.Options{}).PGN(ctx, game)
		if err != nil || got != pgn {
			t.Errorf("the game is %q (%v), was %q", got, err, pgn)
		}
		key, err := os.ReadFile(filepath.Join(data, "keys", "signing.key"))
		was, err2 := os.ReadFile(filepath.Join(s.data, "keys", "signing.key"))
		if err != nil || err2 != nil || string(key) != string(was) {
			t.Errorf("the signing key was not restored: %v, %v", err, err2)
		}
	}
	if r := run(t, nil, "restore", t.TempDir(), "--data", filepath.Join(t.TempDir(), "x")); r.code != 1 || !strings.Contains(r.errors, "not a whole backup") {
		t.Errorf("restore from nothing: %+v", r)
	}
	if r := run(t, nil, "verify", "--data", t.TempDir()); r.code != 1 || !strings.Contains(r.errors, "holds no ply data") {
		t.Errorf("verify of nothing: %+v", r)
	}
}
