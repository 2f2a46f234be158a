package upgrade_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/redis/journal"
)

// golden is one line of a recording: an event as it is stored, and the head of its stream's chain behind it. Meta and Data
// are text, so that no encoder touches their bytes.
type golden struct {
	Stream  event.Stream `json:"stream"`
	Version uint64       `json:"version"`
	Type    string       `json:"type"`
	Meta    string       `json:"meta"`
	Data    string       `json:"data"`
	Head    string       `json:"head"`
}

// recordings reads testdata/events: for each file its streams, in order.
func recordings(t *testing.T) map[string]map[event.Stream][]golden {
	t.Helper()
	files, err := filepath.Glob("testdata/events/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	all := make(map[string]map[event.Stream][]golden)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		streams := make(map[event.Stream][]golden)
		lines := bufio.NewScanner(bytes.NewReader(content))
		for n := 1; lines.Scan(); n++ {
			var g golden
			if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
				t.Fatalf("%s:%d: %v", file, n, err)
			}
			streams[g.Stream] = append(streams[g.Stream], g)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".jsonl")] = streams
	}
	return all
}

// stored gives a recorded stream as a store would, having proven its chain.
func stored(t *testing.T, lines []golden) []event.Recorded {
	t.Helper()
	head := event.Genesis(lines[0].Stream)
	events := make([]event.Recorded, len(lines))
	for i, g := range lines {
		if head = event.Next(head, g.Type, []byte(g.Meta), []byte(g.Data)); head.String() != g.Head || g.Version != uint64(i+1) {
			t.Fatalf("%s version %d: head %s, recorded was %s", g.Stream, g.Version, head, g.Head)
		}
		events[i] = event.Recorded{
			Stream: g.Stream, Version: g.Version, ID: head.ID(), Type: g.Type, Meta: []byte(g.Meta), Data: []byte(g.Data),
		}
	}
	return events
}

// TestRecordedEvents: what any release has stored is read, has the same place in its chain, and is written today with the
// same bytes, or under a new name.
func TestRecordedEvents(t *testing.T) {
	for release, streams := range recordings(t) {
		for stream, lines := range streams {
			t.Run(release+"/"+string(stream), func(t *testing.T) {
				events := stored(t, lines)
				id, isGame := stream.Game()
				person, isPlayer := stream.Player()
				seeker, isSeeker := stream.Seeker()
				switch {
				case isGame:
					readGame(t, release, id, events)
				case isPlayer:
					readPlayer(t, person, events)
				case isSeeker:
					readSeeker(t, seeker, events)
				case stream == journal.SettingsStream:
					readSetting(t, events)
				default:
					t.Error("no release writes such a stream: the test does not know how to read it")
				}
			})
		}
	}
}

// TestVerifyKnowsEveryStream: what any release has stored is whole by this one's ply verify.
func TestVerifyKnowsEveryStream(t *testing.T) {
	for release, streams := range recordings(t) {
		dir := t.TempDir()
		store, err := pebble.Open(pebble.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for stream, lines := range streams {
			if err := store.Append(t.Context(), stream, 0, stored(t, lines)); err != nil {
				t.Errorf("%s: %s: %v", release, stream, err)
			}
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		verify(t, today, "--data="+dir)
	}
}

// same compares what is written today with what was. Another name is a new version of the event, which is how its form
// changes.
func same(t *testing.T, was, now event.Recorded) {
	t.Helper()
	if now.Type != was.Type {
		return
	}
	if string(now.Data) != string(was.Data) {
		t.Errorf("%s at version %d is written as\n%s, was\n%s\nWhat changes an event's form needs a new name.", was.Type, was.Version, now.Data, was.Data)
	}
	if string(now.Meta) != string(was.Meta) {
		t.Errorf("the metadata at version %d are written as\n%s, were\n%s", was.Version, now.Meta, was.Meta)
	}
	if now.ID != was.ID {
		t.Errorf("version %d has id %s, had %s", was.Version, now.ID, was.ID)
	}
}

func readGame(t *testing.T, release, id string, events []event.Recorded) {
	s := game.New(id)
	for _, rec := range events {
		step, err := game.Fold(s, rec, games.Kinds)
		if err != nil {
			t.Fatalf("version %d: %v", rec.Version, err)
		}
		same(t, rec, game.Record(s, step.After.Rules, []game.Event{step.Event}, step.Meta)[0].Recorded)
		s = step.After
	}
	// The snapshot of that release is this game, or is refused and the game is replayed. It is never another game.
	saved, err := os.ReadFile(filepath.Join("testdata/snapshots", release+"-"+id))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := game.Load(saved, games.Kinds)
	if errors.Is(err, game.ErrSnapshot) && schemas(t, saved) != schemas(t, game.Save(s)) {
		return
	}
	if err != nil {
		t.Fatalf("the snapshot, which is of today's schema: %v", err)
	}
	if now := game.Save(s); string(game.Save(loaded)) != string(now) || string(saved) != string(now) {
		t.Errorf("the snapshot is\n%s, the same game today\n%s\nWhat changes a snapshot's form needs a new schema.", saved[32:], now[32:])
	}
}

// schemas are what a snapshot says of its form.
func schemas(t *testing.T, saved []byte) (s struct {
	Schema int
	Rules  string
}) {
	t.Helper()
	if err := json.Unmarshal(saved[32:], &s); err != nil { // behind a SHA-256
		t.Fatal(err)
	}
	return s
}

func readPlayer(t *testing.T, id string, events []event.Recorded) {
	h := player.Follow(id)
	for _, rec := range events {
		meta, err := event.DecodeMeta(rec.Meta)
		if err != nil {
			t.Fatal(err)
		}
		before := *h
		if err := h.Apply(rec); err != nil {
			t.Fatalf("version %d: %v", rec.Version, err)
		}
		if rec.Type == player.ErasedType {
			same(t, rec, before.Erased(meta))
			continue
		}
		name, named, err := player.Name(rec)
		if err != nil || !named {
			t.Fatalf("version %d names nobody: %v", rec.Version, err)
		}
		same(t, rec, before.Named(name, meta))
	}
}

func readSeeker(t *testing.T, id string, events []event.Recorded) {
	s := player.FollowSeeker(id)
	for _, rec := range events {
		meta, err := event.DecodeMeta(rec.Meta)
		if err != nil {
			t.Fatal(err)
		}
		before := *s
		if err := s.Apply(rec); err != nil {
			t.Fatalf("version %d: %v", rec.Version, err)
		}
		same(t, rec, before.Choose(s.Chosen, meta))
	}
}

// readSetting reads what a deployment has recorded of its journal, after each event of it. The journal was on at odd
// versions of every recording.
func readSetting(t *testing.T, events []event.Recorded) {
	store, err := pebble.Open(pebble.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	for _, rec := range events {
		if err := store.Append(t.Context(), rec.Stream, rec.Version-1, []event.Recorded{rec}); err != nil {
			t.Fatal(err)
		}
		s, err := journal.ReadSetting(t.Context(), store)
		if err != nil || !s.Recorded || s.On != (rec.Version%2 == 1) || s.On && s.Incarnation == "" {
			t.Errorf("version %d is read as %+v, %v", rec.Version, s, err)
		}
	}
}
