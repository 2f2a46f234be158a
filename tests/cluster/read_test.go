package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// TestReadSide: two project servers behind the proxy, each with views of its own, and people at both.
func TestReadSide(t *testing.T) {
	accounts, scoped := harness.Accounts(t)
	_, named := harness.Members(t) // of the same site
	at := open(t, shape{brokers: 1, play: 2, project: 2, env: []string{accounts}})
	ctx := harness.Within(t, 6*time.Minute)
	w := &world{t: t, at: at, readers: at.readers(t), analyst: scoped("p_analyst", "read:all")}
	for i, name := range []string{"Ann", "Bob"} {
		id := "p_" + strings.ToLower(name)
		w.people = append(w.people, w.readers[i].client(client.Person{ID: id, Name: name, Token: named(id, name)}))
	}
	live := w.lobbyAndPairing(ctx)
	w.television(ctx, live)
	rated := w.rating(ctx)
	w.feed(rated)
	w.exports(rated)
	w.shown(ctx)
	w.agree()
}

// world is two people, each at a project server of their own.
type world struct {
	t       *testing.T
	at      *site
	readers []*reader
	people  []*client.Client
	analyst string
}

// lobbyAndPairing: what one does over HTTP at one server is on the lobby sockets of both; seekers at different servers are
// brought together, and meet on a play server. Gives the game that they are in.
func (w *world) lobbyAndPairing(ctx context.Context) string {
	w.t.Helper()
	var lobbies []func(...string)
	for _, r := range w.readers {
		lobbies = append(lobbies, r.lobby(ctx))
	}
	made, err := w.people[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Access: "open", Clock: &client.Clock{Type: "none"}})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, await := range lobbies {
		await(`"t":"open"`, made.Game)
	}
	if _, err := w.people[1].Sit(ctx, made.Game, "black", ""); err != nil {
		w.t.Fatal(err)
	}
	for _, await := range lobbies {
		await(`{"t":"closed","game":"` + made.Game + `"}`)
	}
	if _, err := w.people[1].Command(ctx, made.Game, client.Command{T: "abort", ID: client.NewID(), V: 4}); err != nil {
		w.t.Fatal(err)
	}

	type met struct {
		game *client.Game
		err  error
	}
	meeting := make(chan met, len(w.people))
	for _, p := range w.people {
		go func() {
			g, err := seek(ctx, p)
			meeting <- met{g, err}
		}()
	}
	var games []*client.Game
	for range w.people {
		m := <-meeting
		if m.err != nil {
			w.t.Fatal(m.err)
		}
		w.t.Cleanup(m.game.Close)
		games = append(games, m.game)
	}
	id := games[0].State().Game
	if other := games[1].State().Game; other != id {
		w.t.Fatalf("one was led to %s, the other one to %s", id, other)
	}
	if n := w.at.sockets(0) + w.at.sockets(1); n != 2 {
		w.t.Errorf("%d sockets on the play servers", n)
	}
	if games[0].State().Seat == "black" {
		slices.Reverse(games)
	}
	for ply, m := range []string{"e2e4", "e7e5"} {
		r, err := games[ply].Do(ctx, client.Move(m))
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := games[1-ply].Wait(ctx, func(s client.State) bool { return s.V >= r.V }); err != nil {
			w.t.Fatal(err)
		}
	}
	return id
}

// seek looks for an opponent and goes where that leads, until somebody sits on the other side.
func seek(ctx context.Context, p *client.Client) (*client.Game, error) {
	made, err := p.Create(ctx, client.NewGame{
		Kind: "chess", Seat: "random", Access: "open", Pair: json.RawMessage(`{}`), Clock: &client.Clock{Type: "fischer", Initial: 600_000},
	})
	for id := made.Game; err == nil; {
		var g *client.Game
		if g, err = p.Play(ctx, id, nil); err != nil {
			break
		}
		var s client.State
		s, err = g.Wait(ctx, func(s client.State) bool { return s.Status == "ready" || s.Status == "ended" })
		if err == nil && s.Status == "ready" {
			return g, nil
		}
		g.Close()
		if id = s.Next; err == nil && id == "" {
			err = fmt.Errorf("game %s ended by %s of %q", s.Game, s.Reason, s.Winner)
		}
	}
	return nil, err
}

// television: the live game is shown by both servers, with those who watch it on either watch server.
func (w *world) television(ctx context.Context, id string) {
	w.t.Helper()
	for range 3 {
		g, err := w.at.nobody().Watch(ctx, id, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(g.Close)
	}
	for i, s := range w.at.watch {
		if n := s.Metric(`ply_sockets{kind="watch"}`); n < 1 {
			w.t.Errorf("nobody watches on watch server %d: nothing is added up", i+1)
		}
	}
	for _, r := range w.readers {
		harness.Eventually(w.t, time.Minute, "TV shows the game with all its watchers", func() bool {
			var shown struct {
				Games []struct {
					Game     string
					Watchers int
				}
			}
			r.get("/api/tv?kind=chess", &shown)
			return len(shown.Games) == 1 && shown.Games[0].Game == id && shown.Games[0].Watchers == 3
		})
	}
}

// profile is a person as a project server shows them.
type profile struct {
	Rated   int
	Ratings []struct{ Rating, Deviation, Games int }
}

// rating: two people with accounts play a rated game. It counts once, on both servers, and once only after one was killed.
// Gives the game.
func (w *world) rating(ctx context.Context) string {
	w.t.Helper()
	made, err := w.people[0].Create(ctx, client.NewGame{
		Kind: "chess", Seat: "white", Access: "open", Rated: true, Clock: &client.Clock{Type: "fischer", Initial: 180_000, Increment: 2_000},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.people[1].Sit(ctx, made.Game, "black", ""); err != nil {
		w.t.Fatal(err)
	}
	for v, c := range []client.Command{client.Move("e2e4"), client.Move("e7e5"), client.Plain("resign")} {
		c.ID, c.V = client.NewID(), uint64(4+v)
		by := w.people[min(v, 1)] // black resigns
		if _, err := by.Command(ctx, made.Game, c); err != nil {
			w.t.Fatal(err)
		}
	}
	for range 2 {
		for _, r := range w.readers {
			for i, p := range w.people {
				path := "/api/players/" + p.Person().ID
				var shown profile
				harness.Eventually(w.t, time.Minute, p.Person().ID+" is rated", func() bool {
					shown = profile{}
					r.get(path, &shown)
					return shown.Rated > 0
				})
				var history struct{ Ratings []struct{ Change int } }
				r.get(path+"/ratings", &history)
				if shown.Rated != 1 || len(shown.Ratings) != 1 || shown.Ratings[0].Games != 1 || len(history.Ratings) != 1 {
					w.t.Fatalf("%s: %+v, changes %+v", path, shown, history)
				}
				// Glickman's formulae for two who have just begun: 1500 and 350.
				if want := [2]int{1662, 1338}[i]; shown.Ratings[0].Rating != want || history.Ratings[0].Change != want-1500 {
					w.t.Errorf("%s: %+v, changes %+v, want %d", path, shown, history, want)
				}
			}
		}
		w.at.project[0].Kill9()
		w.at.project[0].Restart()
		w.at.proxy.Await("project", "project", "UP")
	}
	return made.Game
}

// shown: the next game shows both as they are rated now, although none of the servers that host games has the ratings.
func (w *world) shown(ctx context.Context) {
	w.t.Helper()
	made, err := w.people[0].Create(ctx, client.NewGame{
		Kind: "chess", Seat: "white", Access: "open", Clock: &client.Clock{Type: "fischer", Initial: 180_000, Increment: 2_000},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.people[1].Sit(ctx, made.Game, "black", ""); err != nil {
		w.t.Fatal(err)
	}
	s, err := w.people[1].Look(ctx, made.Game, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	if white, black := s.Players["white"].Rating, s.Players["black"].Rating; white != 1662 || black != 1338 {
		w.t.Errorf("the next game shows %d and %d", white, black)
	}
	abort := client.Plain("abort")
	abort.ID, abort.V = client.NewID(), s.V
	if _, err := w.people[0].Command(ctx, made.Game, abort); err != nil {
		w.t.Fatal(err)
	}
}

// feed: all events through either server, in one order; who was cut goes on at the other one.
func (w *world) feed(last string) {
	w.t.Helper()
	end := func(s stored) bool { return s.Game == last && s.T == "ended" }
	all := w.readers[0].follow(w.analyst, "", end)
	cut := len(all) / 2
	rest := w.readers[1].follow(w.analyst, all[cut-1].Pos, end)
	if !slices.Equal(rest, all[cut:]) {
		w.t.Errorf("behind %s there are %v, want %v", all[cut-1].Pos, rest, all[cut:])
	}
	more := make(chan []stored, 1)
	go func() { more <- w.readers[1].follow(w.analyst, all[len(all)-1].Pos, func(stored) bool { return true }) }()
	made, err := w.people[0].Create(w.t.Context(), client.NewGame{Kind: "chess", Seat: "white"})
	if err != nil {
		w.t.Fatal(err)
	}
	if s := (<-more)[0]; s.Game != made.Game || s.T != "created" {
		w.t.Errorf("what happened next is %+v, want the creation of %s", s, made.Game)
	}
}

// exports are the same on both servers, and have the game.
func (w *world) exports(rated string) {
	w.t.Helper()
	text := w.readers[0].text("/api/export/games.ndjson", w.analyst)
	if other := w.readers[1].text("/api/export/games.ndjson", w.analyst); text != other {
		w.t.Errorf("the exports differ:\n%s\n%s", text, other)
	}
	found := 0
	for line := range strings.Lines(text) {
		var row struct {
			Game, Status string
			Moves        []string
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			w.t.Fatalf("%s: %v", line, err)
		}
		if row.Game == rated {
			found++
			if row.Status != "ended" || !slices.Equal(row.Moves, []string{"e2e4", "e7e5"}) {
				w.t.Errorf("the rated game is exported as %s", line)
			}
		}
	}
	if found != 1 {
		w.t.Errorf("the rated game is exported %d times", found)
	}
}

// sums are the views and their checksums, as ply verify prints them.
var sums = regexp.MustCompile(`(?m)^(\w+): .*equal to the stored rows, checksum (\w+)$`)

// agree: the views of both servers stand at the same position, with the same rows.
func (w *world) agree() {
	w.t.Helper()
	positions := func(s *harness.Server) (all []string) {
		var shown struct {
			Views []struct {
				View, Position string
				Lag            *float64
			}
		}
		w.readers[0].admin(s.Admin+"/admin/views", &shown)
		for _, v := range shown.Views {
			if v.Lag == nil || *v.Lag != 0 {
				return nil
			}
			all = append(all, v.View+" "+v.Position)
		}
		return all
	}
	harness.Eventually(w.t, time.Minute, "both servers have everything", func() bool {
		a, b := positions(w.at.project[0]), positions(w.at.project[1])
		return len(a) > 0 && slices.Equal(a, b)
	})
	w.at.drain()
	var found [2]string
	for i, s := range w.at.project {
		out, err := exec.Command(harness.Binary(w.t), "verify", "--views", "--data", s.Data, "--store", w.at.storeURL).CombinedOutput()
		if err != nil {
			w.t.Fatalf("%v: %s", err, out)
		}
		if found[i] = strings.Join(sums.FindAllString(string(out), -1), "\n"); found[i] == "" {
			w.t.Fatalf("nothing was compared: %s", out)
		}
	}
	if found[0] != found[1] {
		w.t.Errorf("the servers differ:\n%s\n%s", found[0], found[1])
	}
}
