package policies_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/plygames/ply/commands/policies"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/domain/player"
)

// town is a world of games decided by the real aggregate, with views of it that are behind.
type town struct {
	mu    sync.Mutex
	games map[string]*game.State
	done  map[string]string // content of accepted commands by game, player, id
	order []string

	choices map[string][]player.Chosen
	began   map[string]int // how many games there were when a game was started
}

func newTown() *town {
	return &town{games: map[string]*game.State{}, done: map[string]string{}, choices: map[string][]player.Chosen{}, began: map[string]int{}}
}

var errDead = errors.New("the server is dead")

// Do decides a command as a server would.
func (w *town) Do(_ context.Context, id string, c game.Command, _ game.Arrival) (game.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := id + " " + c.Player + " " + c.ID
	if content, done := w.done[key]; c.ID != "" && done {
		if content != c.Fingerprint() {
			return game.Receipt{}, domain.Refuse(domain.CommandIDReused, "that id is of another command")
		}
		return game.Receipt{Duplicate: true}, nil
	}
	s := w.games[id]
	if s == nil {
		s = game.New(id)
	}
	here := game.Env{Seats: []game.Measured{{Absent: game.Present}, {Absent: game.Present}}}
	events, err := game.Decide(s, c, here)
	if err != nil {
		return game.Receipt{}, err
	}
	if c.ID != "" {
		w.done[key] = c.Fingerprint()
	}
	if len(events) > 0 {
		steps := game.Record(s, chess.Rules{}, events, event.Meta{})
		w.games[id] = steps[len(steps)-1].After
		if w.games[id].Status == game.Ready {
			w.began[id] = len(w.order)
		}
	}
	return game.Receipt{}, nil
}

// State is a game as it is now.
func (w *town) State(_ context.Context, id string) (*game.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.games[id], nil
}

func (w *town) Chosen(_ context.Context, who string) (c player.Chosen, choices uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.choices[who]
	if len(all) > 0 {
		c = all[len(all)-1]
	}
	return c, uint64(len(all)), nil
}

func (w *town) Choose(_ context.Context, who string, choices uint64, c player.Chosen) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if uint64(len(w.choices[who])) != choices {
		return false, nil
	}
	w.choices[who] = append(w.choices[who], c)
	return true, nil
}

// Bars as the view of games does for games without a clock.
func (w *town) Bars(playing, seek string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	began, known := w.began[playing]
	return !known || slices.Index(w.order, seek) < began
}

// seek lets somebody wait in a game of their own.
func (w *town) seek(t *testing.T, id, player, seat string) {
	t.Helper()
	w.order = append(w.order, id)
	_, err := w.Do(t.Context(), id, game.Command{ID: "c", Player: player, Wish: game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: seat,
		Access: game.AccessOpen, Watch: game.WatchPublic, Pair: json.RawMessage(`{}`), Clock: clock.Spec{Type: clock.None}}}, game.Arrival{})
	if err != nil {
		t.Fatal(err)
	}
}

// seeks is the view as it is now.
func (w *town) seeks() []policies.Seek {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []policies.Seek
	for _, id := range w.order {
		s := w.games[id]
		seat, waits := s.SeatOf(s.Setup.Creator)
		if s.Status != game.Open || !waits {
			continue
		}
		k := policies.Seek{Game: id, Player: s.Setup.Creator, Seat: seat, Any: s.Setup.AnySeat, Terms: "t"}
		for _, p := range s.Seats {
			switch {
			case p.Kept != "":
				k.Kept = &policies.Kept{Seat: p.Seat, Player: p.Reserved, From: p.Kept}
			case p.Player == "":
				k.Free = append(k.Free, p.Seat)
			}
		}
		list = append(list, k)
	}
	return list
}

// behind is a server's view, which is as old as the test makes it.
type behind struct {
	*town
	list []policies.Seek
}

func (b *behind) Seeks() []policies.Seek { return b.list }
func (*behind) Wake() <-chan struct{}    { return nil }

// mortal is the way of one server to the games: after so many commands it is dead. The last of them may have been done.
type mortal struct {
	*town
	does policies.Commander // what it does it with; nil = the town
	mu   sync.Mutex
	left int // -1 = for ever
	done bool
}

func (m *mortal) Do(ctx context.Context, id string, c game.Command, at game.Arrival) (game.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	does := m.does
	if does == nil {
		does = m.town
	}
	if m.left == 0 {
		return game.Receipt{}, errDead
	}
	if m.left > 0 {
		if m.left--; m.left == 0 {
			if m.done {
				_, _ = does.Do(ctx, id, c, at)
			}
			return game.Receipt{}, errDead
		}
	}
	return does.Do(ctx, id, c, at)
}

// Choose of a server that is dead, or dies before or after it.
func (m *mortal) Choose(ctx context.Context, who string, choices uint64, c player.Chosen) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left == 0 {
		return false, errDead
	}
	if m.left > 0 {
		if m.left--; m.left == 0 {
			if m.done {
				_, _ = m.town.Choose(ctx, who, choices, c)
			}
			return false, errDead
		}
	}
	return m.town.Choose(ctx, who, choices, c)
}

func policy(view policies.Seeks, games policies.Commander) *policies.Pairing {
	return &policies.Pairing{View: view, Games: games, Log: slog.New(slog.DiscardHandler)}
}

// look lets a fresh server look at the world as it is.
func (w *town) look(t *testing.T) { policy(&behind{w, w.seeks()}, w).Look(t.Context()) }

// judge looks at who is where: nobody is in two games, and nobody's game has ended without another in which they sit.
// gone are those who gave up.
func (w *town) judge(t *testing.T, what string, gone map[string]bool) (playing int) {
	t.Helper()
	at := map[string]string{}
	for id, s := range w.games {
		if s.Status == game.Over {
			continue
		}
		for _, p := range s.Seats {
			if p.Player == "" {
				if p.Kept != "" {
					t.Errorf("%s: seat %s of %s is still kept for %s", what, p.Seat, id, p.Reserved)
				}
				continue
			}
			if other, twice := at[p.Player]; twice {
				t.Errorf("%s: %s is in %s and %s", what, p.Player, other, id)
			}
			at[p.Player] = id
		}
		if s.Status == game.Ready {
			playing += 2
		}
	}
	for id, s := range w.games {
		creator := s.Setup.Creator
		switch {
		case gone[creator]:
		case at[creator] == "":
			t.Errorf("%s: %s is nowhere (%s ended %s)", what, creator, id, s.Result.Reason)
		case s.Status == game.Over && at[creator] != s.Next:
			t.Errorf("%s: %s was told to go to %s and is in %s", what, creator, s.Next, at[creator])
		}
	}
	return playing
}

// leave notes that a game was given up by all who sit in it.
func (w *town) leave(id string, gone map[string]bool) {
	for _, p := range w.games[id].Seats {
		gone[p.Player] = true
	}
}

func TestPairingMatches(t *testing.T) {
	seek := func(id string, s policies.Seek) policies.Seek {
		s.Game, s.Player = id, "p"+id
		if s.Seat == "" {
			s.Seat = "white"
		}
		s.Free = []game.Seat{map[game.Seat]game.Seat{"white": "black", "black": "white"}[s.Seat]}
		return s
	}
	for name, c := range map[string]struct {
		seeks []policies.Seek
		want  []string
	}{
		"opposite seats": {[]policies.Seek{seek("1", policies.Seek{}), seek("2", policies.Seek{Seat: "black"})}, []string{"2 black 1"}},
		"the same seat":  {[]policies.Seek{seek("1", policies.Seek{}), seek("2", policies.Seek{})}, nil},
		"any seat":       {[]policies.Seek{seek("1", policies.Seek{}), seek("2", policies.Seek{Any: true})}, []string{"2 black 1"}},
		"other terms":    {[]policies.Seek{seek("1", policies.Seek{Terms: "a"}), seek("2", policies.Seek{Seat: "black", Terms: "b"})}, nil},
		"the oldest comes first": {[]policies.Seek{seek("1", policies.Seek{}), seek("2", policies.Seek{}), seek("3", policies.Seek{Any: true}),
			seek("4", policies.Seek{Any: true}), seek("5", policies.Seek{Any: true})}, []string{"3 black 1", "4 black 2"}},
		"ratings fit": {[]policies.Seek{seek("1", policies.Seek{Rating: 1500, Low: 1400, High: 1600}),
			seek("2", policies.Seek{Any: true, Rating: 1450, Low: 1450, High: 1500})}, []string{"2 black 1"}},
		"the older is not good enough": {[]policies.Seek{seek("1", policies.Seek{Rating: 1500}),
			seek("2", policies.Seek{Any: true, Rating: 1450, Low: 1501, High: 1600})}, nil},
		"the younger is too good": {[]policies.Seek{seek("1", policies.Seek{Rating: 1500, Low: 1, High: 1449}),
			seek("2", policies.Seek{Any: true, Rating: 1450})}, nil},
		"who has no rating is welcome": {[]policies.Seek{seek("1", policies.Seek{Low: 1400, High: 1600}),
			seek("2", policies.Seek{Any: true, Low: 2400, High: 2600})}, []string{"2 black 1"}},
		"somebody is on the way": {[]policies.Seek{seek("1", policies.Seek{Kept: &policies.Kept{Seat: "black", Player: "p2", From: "2"}}),
			seek("2", policies.Seek{Seat: "black"}), seek("3", policies.Seek{})}, []string{"2 black 1"}},
		"was merged just now": {[]policies.Seek{seek("skip", policies.Seek{}), seek("2", policies.Seek{Seat: "black"})}, nil},
	} {
		var got []string
		for _, m := range policies.Match(c.seeks, func(what string) bool { return what == "game skip" }) {
			got = append(got, fmt.Sprintf("%s %s %s", m.From, m.Seat, m.Into))
			if m.Player != "p"+m.From || m.Host != "p"+m.Into {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	same := []policies.Seek{seek("1", policies.Seek{}), seek("2", policies.Seek{Any: true})}
	same[1].Player = same[0].Player
	if merges := policies.Match(same, func(string) bool { return false }); len(merges) != 0 {
		t.Errorf("somebody is paired with themselves: %v", merges)
	}
}

// A server dies after any step; whoever comes next brings it to an end.
func TestPairingDies(t *testing.T) {
	for after := 1; after <= 6; after++ {
		for _, done := range []bool{false, true} {
			for _, meanwhile := range []string{"nothing", "somebody comes to the younger", "the younger is withdrawn", "somebody comes to the older", "the older is withdrawn"} {
				what := fmt.Sprintf("dead after %d commands (done: %t), then %s", after, done, meanwhile)
				w := newTown()
				w.seek(t, "older", "ann", "white")
				w.seek(t, "younger", "bob", "black")
				policy(&behind{w, w.seeks()}, &mortal{town: w, left: after, done: done}).Look(t.Context())
				before := w.seeks()
				gone := map[string]bool{}
				act := func(id, player string, wish game.Wish) {
					_, err := w.Do(t.Context(), id, game.Command{ID: "x", Player: player, Wish: wish}, game.Arrival{})
					if _, aborts := wish.(game.Abort); aborts && err == nil {
						w.leave(id, gone)
					}
				}
				switch meanwhile {
				case "somebody comes to the younger":
					act("younger", "cid", game.Sit{Seat: game.AnySeat})
				case "the younger is withdrawn":
					act("younger", "bob", game.Abort{})
				case "somebody comes to the older":
					act("older", "cid", game.Sit{Seat: game.AnySeat})
				case "the older is withdrawn":
					act("older", "ann", game.Abort{})
				}
				policy(&behind{w, before}, w).Look(t.Context()) // as the view was before it
				w.look(t)
				w.look(t)
				playing := w.judge(t, what, gone)
				if meanwhile == "nothing" && (playing != 2 || w.games["older"].Status != game.Ready) {
					t.Errorf("%s: %d play", what, playing)
				}
			}
		}
	}
}

// Many seek, some sit down by themselves, some give up, servers with old views die all the time, two at once.
func TestPairingOfMany(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		w := newTown()
		gone := map[string]bool{}
		views := [2]behind{{town: w}, {town: w}}
		for i := range 40 {
			player := fmt.Sprint("p", i)
			w.seek(t, fmt.Sprint("g", i), player, []string{"white", "black", game.RandomSeat}[rnd.IntN(3)])
			switch rnd.IntN(6) {
			case 0: // somebody who does not wait anywhere sits down
				id, guest := fmt.Sprint("g", rnd.IntN(i+1)), fmt.Sprint("guest", i)
				_, _ = w.Do(t.Context(), id, game.Command{ID: "s", Player: guest, Wish: game.Sit{Seat: game.AnySeat}}, game.Arrival{})
			case 1: // somebody gives up
				id := fmt.Sprint("g", rnd.IntN(i+1))
				creator := w.games[id].Setup.Creator
				if _, err := w.Do(t.Context(), id, game.Command{ID: "a", Player: creator, Wish: game.Abort{}}, game.Arrival{}); err == nil {
					w.leave(id, gone)
				}
			}
			var servers sync.WaitGroup
			for n := range views {
				if rnd.IntN(3) > 0 {
					views[n].list = w.seeks()
				}
				life := rnd.IntN(8) - 1
				done := rnd.IntN(2) == 0
				servers.Go(func() { policy(&views[n], &mortal{town: w, left: life, done: done}).Look(t.Context()) })
			}
			servers.Wait()
		}
		for range 4 {
			w.look(t)
		}
		w.judge(t, fmt.Sprint("seed ", seed), gone)
		if left := policies.Match(w.seeks(), func(string) bool { return false }); len(left) != 0 {
			t.Errorf("seed %d: still to be paired: %v", seed, left)
		}
		if t.Failed() {
			return
		}
	}
}

// Somebody is on the way to the game that is to be left: then the seat that was kept in the other one is given back.
func TestPairingGivesBack(t *testing.T) {
	w := newTown()
	w.seek(t, "oldest", "ann", "white")
	w.seek(t, "middle", "bob", "black")
	w.seek(t, "youngest", "cid", "white")
	before := w.seeks()
	policy(&behind{w, before[1:]}, &mortal{town: w, left: 3, done: true}).Look(t.Context()) // chosen, chosen, kept
	if p := w.games["middle"].Seats[0]; p.Kept != "youngest" {
		t.Fatalf("the seat is not kept: %+v", p)
	}
	policy(&behind{w, before[:2]}, w).Look(t.Context())
	if p := w.games["oldest"].Seats[1]; p.Kept != "" || w.games["middle"].Status != game.Open {
		t.Fatalf("who is waited for was taken away: %+v", p)
	}
	w.look(t)
	w.look(t)
	w.judge(t, "in the end", nil)
	if w.games["middle"].Status != game.Ready || w.games["oldest"].Status != game.Open {
		t.Errorf("middle %s, oldest %s", w.games["middle"].Status, w.games["oldest"].Status)
	}
	if _, err := w.Do(t.Context(), "oldest", game.Command{ID: "x", Player: "ann", Wish: game.Abort{}}, game.Arrival{}); err != nil {
		t.Errorf("who waits in vain can't give up: %v", err)
	}
}
