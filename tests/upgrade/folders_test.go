package upgrade_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// stood is what a release had in its data folder, as it showed it itself: beside the folder, in JSON.
type stood struct {
	Views map[string]int `json:"views"` // schemas of the views
	Games []board        `json:"games"`
}

// board is one game as a server shows it.
type board struct {
	Game   string         `json:"game"`
	V      uint64         `json:"v"`
	Status string         `json:"status"`
	Reason string         `json:"reason,omitempty"`
	Winner string         `json:"winner,omitempty"`
	Next   string         `json:"next,omitempty"`
	Turn   []string       `json:"turn,omitempty"`
	Offers []client.Offer `json:"offers,omitempty"`
	Moves  []string       `json:"moves,omitempty"`
}

func show(ctx context.Context, t *testing.T, as *client.Client, id string) board {
	t.Helper()
	s, err := as.Look(ctx, id, 0)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	var view struct {
		Moves []string `json:"moves"`
	}
	if err := json.Unmarshal(s.View, &view); err != nil {
		t.Fatal(err)
	}
	return board{id, s.V, s.Status, s.Reason, s.Winner, s.Next, s.Turn, s.Offers, view.Moves}
}

// views gives the views' schemas and how many events are parked in all.
func views(t *testing.T, s *harness.Server) (schemas map[string]int, parked int) {
	t.Helper()
	answer, err := http.Get(s.Admin + "/admin/views")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var shown struct {
		Views []struct {
			View           string
			Schema, Parked int
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&shown); err != nil {
		t.Fatal(err)
	}
	schemas = map[string]int{}
	for _, v := range shown.Views {
		schemas[v.View] = v.Schema
		parked += v.Parked
	}
	return schemas, parked
}

// folderEnv are the settings of the servers whose folders are recorded, and of those that open them.
func folderEnv(t *testing.T) (env []string, as func(s *harness.Server, who string) *client.Client) {
	setting, token := harness.Members(t)
	return []string{harness.NoLimits, setting, harness.Env("PLY_SNAPSHOT_EVERY", "3")}, func(s *harness.Server, who string) *client.Client {
		return s.Client().As(client.Person{ID: who, Name: who, Token: token(who, who)})
	}
}

// recordFolder lets people play at a release and keeps its data folder, but for its keys.
func recordFolder(t *testing.T, name, program string) {
	t.Helper()
	ctx := harness.Within(t, 5*time.Minute)
	env, person := folderEnv(t)
	s := harness.StartPly(t, program, "", env...)
	ann, bob := person(s, "ann"), person(s, "bob")
	begin := func(g client.NewGame) string {
		t.Helper()
		g.Kind, g.Seat, g.Access = "chess", "white", "open"
		made, err := ann.Create(ctx, g)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bob.Sit(ctx, made.Game, "black", ""); err != nil {
			t.Fatal(err)
		}
		return made.Game
	}
	do := func(id string, as *client.Client, commands ...client.Command) {
		t.Helper()
		for _, c := range commands {
			now, err := as.Look(ctx, id, 0)
			if err != nil {
				t.Fatal(err)
			}
			c.ID, c.V = client.NewID(), now.V
			if _, err := as.Command(ctx, id, c); err != nil {
				t.Fatalf("%s: %v", c.T, err)
			}
		}
	}
	played := []string{
		begin(client.NewGame{Rated: true, Clock: &client.Clock{Type: "fischer", Initial: 600_000, Increment: 5_000}}),
		begin(client.NewGame{Clock: &client.Clock{Type: "none"}}),
		begin(client.NewGame{Clock: &client.Clock{Type: "none"}, Setup: json.RawMessage(`{"fen":"8/P6k/8/8/8/8/7P/K7 w - - 0 1"}`)}),
	}
	do(played[0], ann, client.Move("e2e4"))
	do(played[0], bob, client.Move("e7e5"), client.Plain("add-time"))
	do(played[0], ann, client.Move("d1h5"), client.Plain("takeback-offer"))
	do(played[0], bob, client.Plain("takeback-accept"))
	do(played[0], ann, client.Move("d1h5"))
	do(played[0], bob, client.Move("b8c6"), client.Plain("draw-offer"))
	do(played[0], ann, client.Plain("draw-decline"), client.Move("f1c4"))
	do(played[0], bob, client.Move("g8f6"))
	do(played[0], ann, client.Move("h5f7"))
	do(played[1], ann, client.Move("g1f3"))
	do(played[1], bob, client.Move("d7d5"))
	do(played[1], ann, client.Move("g2g3"), client.Plain("draw-offer")) // it is left like that
	do(played[2], ann, client.Move("a7a8n"))
	do(played[2], bob, client.Plain("resign"))
	invitation, err := ann.Create(ctx, client.NewGame{Kind: "chess", Seat: "black", Clock: &client.Clock{Type: "none"}})
	if err != nil {
		t.Fatal(err)
	}
	played = append(played, invitation.Game)

	var was stood
	was.Views, _ = views(t, s)
	for _, id := range played {
		was.Games = append(was.Games, show(ctx, t, ann, id))
	}
	s.Stop()
	text, err := json.MarshalIndent(was, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "folders/"+name+".json", append(text, '\n'))
	keep(t, "folders/"+name+".tar.gz", pack(t, s.Data))
}

// pack makes an archive of a data folder without what is of one process or secret.
func pack(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	archive := tar.NewWriter(zip)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(strings.TrimPrefix(path, dir), "/")
		if err != nil || name == "" || d.IsDir() && name != "keys" && name != "alive" {
			return err
		}
		if d.IsDir() {
			return filepath.SkipDir
		}
		content, err := os.ReadFile(path)
		if err == nil {
			err = archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg})
		}
		if err == nil {
			_, err = archive.Write(content)
		}
		return err
	})
	for _, close := range []func() error{archive.Close, zip.Close} {
		if err == nil {
			err = close()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRecordedFolders starts this release on the data folder of every other: it shows the same games, lists them, and plays
// on. A snapshot or a view that is of another form is made anew, and what is made anew is said.
func TestRecordedFolders(t *testing.T) {
	files, err := filepath.Glob("testdata/folders/*.tar.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("no folders: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".tar.gz")
		t.Run(filepath.Base(name), func(t *testing.T) {
			var was stood
			text, err := os.ReadFile(name + ".json")
			if err == nil {
				err = json.Unmarshal(text, &was)
			}
			if err != nil {
				t.Fatal(err)
			}
			archive, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = archive.Close() }()
			zip, err := gzip.NewReader(archive)
			if err != nil {
				t.Fatal(err)
			}
			data := t.TempDir()
			if err := unpack(zip, data); err != nil {
				t.Fatal(err)
			}
			openFolder(t, data, was, refused(t, data, was))
			verify(t, today, "--views", "--data="+data)
			verify(t, today, "--data="+data)
		})
	}
}

// refused tells of which games there are snapshots that this release does not read.
func refused(t *testing.T, data string, was stood) map[string]bool {
	t.Helper()
	store, err := pebble.Open(pebble.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	found := map[string]bool{}
	for _, g := range was.Games {
		if saved, err := store.Load(t.Context(), g.Game); err != nil {
			t.Fatal(err)
		} else if saved != nil {
			_, err := game.Load(saved, games.Kinds)
			found[g.Game] = err != nil
		}
	}
	if len(found) == 0 {
		t.Error("there is no snapshot in it")
	}
	return found
}

func openFolder(t *testing.T, data string, was stood, refused map[string]bool) {
	ctx := harness.Within(t, 3*time.Minute)
	env, person := folderEnv(t)
	s := harness.StartPly(t, today, data, env...)
	ann, bob := person(s, "ann"), person(s, "bob")
	now, parked := views(t, s)
	if parked != 0 {
		t.Errorf("%d events are parked", parked)
	}
	for view, schema := range now {
		anew := false
		for line := range strings.Lines(s.Logs()) {
			anew = anew || strings.Contains(line, "a view is rebuilt from the beginning") && strings.Contains(line, "view="+view+" ")
		}
		if before, had := was.Views[view]; anew != (had && before != schema) {
			t.Errorf("the view %s had schema %d and has %d: said to be rebuilt: %t", view, before, schema, anew)
		}
	}
	for _, want := range was.Games {
		got, _ := json.Marshal(show(ctx, t, ann, want.Game))
		if expected, _ := json.Marshal(want); string(got) != string(expected) {
			t.Errorf("the game was\n%s, is\n%s", expected, got)
		}
		if said := strings.Contains(s.Logs(), "snapshot rejected, replaying from the first event\" game="+want.Game); said != refused[want.Game] {
			t.Errorf("game %s: said that its snapshot is rejected: %t", want.Game, said)
		}
		if want.Status != "open" { // who is not invited must not see it
			lists(t, s, want.Status, want.Game)
		}
		if want.Status == "live" && slices.Equal(want.Turn, []string{"black"}) {
			for i, c := range []client.Command{client.Plain("draw-decline"), client.Move("c7c5")} {
				c.ID, c.V = client.NewID(), want.V+uint64(i)
				if r, err := bob.Command(ctx, want.Game, c); err != nil || r.V != c.V+1 {
					t.Errorf("%s: %+v, %v", c.T, r, err)
				}
			}
		}
	}
	s.Stop()
}
