package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/pebble"
)

// TestVerifyFindsWhatIsWrong appends to a good store what no server would, and damages its files.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	s, finished := played(t)
	s.signal(syscall.SIGTERM)
	if code := s.exit(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	if r := run(t, nil, "backup", "--data", s.data, backup); r.code != 0 {
		t.Fatalf("backup: %+v", r)
	}

	for name, c := range map[string]struct {
		spoil func(t *testing.T, store *pebble.Store, unfinished *game.State) (stream event.Stream, version uint64)
		want  string
	}{
		"an illegal move": {
			func(t *testing.T, store *pebble.Store, s *game.State) (event.Stream, uint64) {
				move := game.MovePlayed{Seat: "black", M: json.RawMessage(`"e7e4"`)}
				return forge(t, store, s, move, s.Seats[1].Player)
			}, "is not legal",
		},
		"a move out of turn": {
			func(t *testing.T, store *pebble.Store, s *game.State) (event.Stream, uint64) {
				move := game.MovePlayed{Seat: "white", M: json.RawMessage(`"d2d4"`)}
				return forge(t, store, s, move, s.Seats[0].Player)
			}, "was not on turn",
		},
		"a stranger's move": {
			func(t *testing.T, store *pebble.Store, s *game.State) (event.Stream, uint64) {
				move := game.MovePlayed{Seat: "black", M: json.RawMessage(`"e7e5"`)}
				return forge(t, store, s, move, s.Seats[0].Player)
			}, "somebody who does not sit there",
		},
		"a broken chain": {
			func(t *testing.T, store *pebble.Store, s *game.State) (event.Stream, uint64) {
				rec := record(t, s, game.DrawOffered{Seat: "black"}, s.Seats[1].Player)
				rec.ID[15] ^= 1
				appendTo(t, store, rec)
				return rec.Stream, rec.Version
			}, "chain",
		},
		"an event that nobody knows": {
			func(t *testing.T, store *pebble.Store, s *game.State) (event.Stream, uint64) {
				rec := record(t, s, game.DrawOffered{Seat: "black"}, s.Seats[1].Player)
				rec.Type = "bribe-taken.v1"
				rec.ID = event.Next(s.Chain, rec.Type, rec.Meta, rec.Data).ID()
				appendTo(t, store, rec)
				return rec.Stream, rec.Version
			}, "bribe-taken.v1",
		},
		"a move after the end": {
			func(t *testing.T, store *pebble.Store, _ *game.State) (event.Stream, uint64) {
				over := fold(t, store, finished)
				rec := record(t, over, game.DrawOffered{Seat: "white"}, over.Seats[0].Player)
				appendTo(t, store, rec)
				return rec.Stream, rec.Version
			}, "nothing may follow the end",
		},
		"a stream of another kind": {
			func(t *testing.T, store *pebble.Store, _ *game.State) (event.Stream, uint64) {
				rec := event.Recorded{Stream: "chat-1", Version: 1, Type: "said.v1", Meta: []byte("{}"), Data: []byte("{}")}
				rec.ID = event.Next(event.Genesis(rec.Stream), rec.Type, rec.Meta, rec.Data).ID()
				appendTo(t, store, rec)
				return rec.Stream, 1
			}, "does not know",
		},
		"a person's broken chain": {
			func(t *testing.T, store *pebble.Store, s *game.State) (event.Stream, uint64) {
				rec := event.Recorded{Stream: event.PlayerStream(s.Seats[0].Player), Version: 2, Type: "player-named.v1", Meta: []byte("{}"), Data: []byte(`{"name":"Eve"}`)}
				appendTo(t, store, rec)
				return rec.Stream, 2
			}, "is not the hash",
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			if r := run(t, nil, "restore", backup, "--data", data); r.code != 0 {
				t.Fatalf("restore: %+v", r)
			}
			store, err := pebble.Open(pebble.Config{Dir: data})
			if err != nil {
				t.Fatal(err)
			}
			stream, version := c.spoil(t, store, unfinished(t, store, finished))
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			r := run(t, nil, "verify", "--data", data)
			line, _, _ := strings.Cut(r.out, "\n")
			if r.code != 1 || !strings.HasPrefix(line, string(stream)+" version ") || !strings.Contains(line, c.want) {
				t.Errorf("verify: code %d, said %q, want %s and %q", r.code, line, stream, c.want)
			}
			if !strings.Contains(line, " version "+strconv.FormatUint(version, 10)+" ") || !strings.Contains(r.errors, "1 streams are wrong") {
				t.Errorf("verify said %q and %q", line, r.errors)
			}
		})
	}

	t.Run("damaged files", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "data")
		if r := run(t, nil, "restore", backup, "--data", data); r.code != 0 {
			t.Fatalf("restore: %+v", r)
		}
		files, err := filepath.Glob(filepath.Join(data, "events", "*.sst"))
		logs, err2 := filepath.Glob(filepath.Join(data, "events", "*.log"))
		if err != nil || err2 != nil || len(files)+len(logs) == 0 {
			t.Fatalf("no files: %v, %v", err, err2)
		}
		for _, name := range append(files, logs...) {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for i := 40; i < len(content); i += 97 {
				content[i] ^= 0x55
			}
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if r := run(t, nil, "verify", "--data", data); r.code != 1 || !strings.HasPrefix(r.errors, "ply: ") {
			t.Errorf("verify: %+v", r)
		}
	})
}

// unfinished is the game that is not the given one.
func unfinished(t *testing.T, store *pebble.Store, finished string) *game.State {
	t.Helper()
	for rec, err := range store.ReadAll(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if id, ok := rec.Stream.Game(); ok && id != finished {
			return fold(t, store, id)
		}
	}
	t.Fatal("no unfinished game")
	return nil
}

func fold(t *testing.T, store *pebble.Store, id string) *game.State {
	t.Helper()
	s := game.New(id)
	for rec, err := range store.ReadStream(t.Context(), event.GameStream(id), 1) {
		if err != nil {
			t.Fatal(err)
		}
		step, err := game.Fold(s, rec, games.Kinds)
		if err != nil {
			t.Fatal(err)
		}
		s = step.After
	}
	return s
}

// record makes the next event of a game, with a good chain. What the event says is not judged.
func record(t *testing.T, s *game.State, e game.Event, player string) event.Recorded {
	t.Helper()
	meta := event.Meta{Command: "forged", Player: player, At: 1, Server: "forger"}
	name := "draw-offered.v1"
	if _, move := e.(game.MovePlayed); move {
		name = "move-played.v1"
	}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	rec := event.Recorded{Stream: event.GameStream(s.ID), Version: s.Version + 1, Type: name, Meta: meta.Encode(), Data: data}
	rec.ID = event.Next(s.Chain, rec.Type, rec.Meta, rec.Data).ID()
	return rec
}

func forge(t *testing.T, store *pebble.Store, s *game.State, e game.Event, player string) (event.Stream, uint64) {
	t.Helper()
	rec := record(t, s, e, player)
	appendTo(t, store, rec)
	return rec.Stream, rec.Version
}

func appendTo(t *testing.T, store *pebble.Store, rec event.Recorded) {
	t.Helper()
	if err := store.Append(t.Context(), rec.Stream, rec.Version-1, []event.Recorded{rec}); err != nil {
		t.Fatal(err)
	}
}
