package hostile_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// want checks an answer over HTTP.
func want(t *testing.T, what string, status int, o object, wantStatus int, code string) {
	t.Helper()
	if status != wantStatus || o.str("code") != code {
		t.Errorf("%s: answered %d %v, want %d %s", what, status, o, wantStatus, code)
	}
}

func TestOtherPeoplesGames(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	_, stranger := s.newPerson()

	status, o := s.act(t, g, g.black, `{"t":"move","id":"b1","v":4,"m":"e7e5"}`)
	want(t, "out of turn", status, o, http.StatusConflict, "not_your_turn")
	status, o = s.act(t, g, g.black, `{"t":"move","id":"b2","v":4,"m":"e2e4"}`)
	want(t, "a move for the other side", status, o, http.StatusConflict, "not_your_turn")
	status, o = s.act(t, g, stranger, `{"t":"move","id":"x1","v":4,"m":"e2e4"}`)
	want(t, "a stranger's move", status, o, http.StatusForbidden, "not_a_player")
	status, o = s.act(t, g, stranger, `{"t":"resign","id":"x2","v":4}`)
	want(t, "a stranger's resignation", status, o, http.StatusForbidden, "not_a_player")
	status, o = s.act(t, g, "", `{"t":"resign","id":"x3","v":4}`)
	want(t, "nobody's resignation", status, o, http.StatusUnauthorized, "unauthorized")
	status, o = s.act(t, table{id: "aaaaaaaaaaaa"}, stranger, `{"t":"resign","id":"x4","v":4}`)
	want(t, "an unknown game", status, o, http.StatusNotFound, "not_found")
	missing := o.str("message")
	closed, _ := s.create(t, g.white, "")
	status, o = s.call(t, "POST", "/api/games/"+closed+"/seats/black", stranger, `{"id":"s1"}`)
	want(t, "no invitation", status, o, http.StatusForbidden, "forbidden")
	if o.str("message") != missing {
		t.Errorf("forbidden says %q, not_found %q", o.str("message"), missing)
	}
	status, o = s.call(t, "POST", "/api/games/"+closed+"/seats/black", stranger, `{"id":"s2","invite":"`+marker+`"}`)
	want(t, "a made-up invitation", status, o, http.StatusForbidden, "forbidden")
	_, other := s.create(t, g.black, "")
	status, o = s.call(t, "POST", "/api/games/"+closed+"/seats/black", stranger, `{"id":"s3","invite":"`+other+`"}`)
	want(t, "another game's invitation", status, o, http.StatusForbidden, "forbidden")
	hidden, _ := s.create(t, g.white, `,"watch":"off"`)
	status, o = s.call(t, "GET", "/api/games/"+hidden, stranger, "")
	want(t, "a game that nobody may watch", status, o, http.StatusNotFound, "not_found")

	s.under(t, toldOf("not_a_player"), func() {
		k := dial(t, s, "")
		k.upgrade("/watch/"+g.id, g.white) // who has a seat watches as everybody does
		k.line("live")
		k.say(`{"t":"move","id":"w1","v":4,"m":"e2e4"}`)
		if o := k.line("error"); o.str("code") != "not_a_player" || o.str("id") != "w1" {
			t.Errorf("a watcher's move: %v", o)
		}
		k.hangUp()
	})
	if v := s.version(t, g); v != 4 {
		t.Errorf("the game is at version %d", v)
	}
}

func TestSittingBadly(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	_, ann := s.newPerson()
	_, bob := s.newPerson()
	id, invite := s.create(t, ann, "")
	sit := func(who, seat, command string) (int, object) {
		return s.call(t, "POST", "/api/games/"+id+"/seats/"+seat, who, `{"id":"`+command+`","invite":"`+invite+`"}`)
	}
	status, o := s.act(t, table{id: id}, ann, `{"t":"move","id":"m","v":2,"m":"e2e4"}`)
	want(t, "move before the start", status, o, http.StatusConflict, "not_started")
	status, o = sit(ann, "black", "s1")
	want(t, "both seats", status, o, http.StatusConflict, "already_joined")
	status, o = sit(bob, "green", "s2")
	want(t, "no such seat", status, o, http.StatusNotFound, "not_found")

	// Ten people want one seat.
	people := make([]string, 10)
	for i := range people {
		_, people[i] = s.newPerson()
	}
	var sitting sync.WaitGroup
	var mu sync.Mutex
	seated := 0
	for _, who := range people {
		sitting.Go(func() {
			status, o := sit(who, "black", "s3")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case status == http.StatusOK:
				seated++
			case o.str("code") != "game_full":
				t.Errorf("answered %d %v", status, o)
			}
		})
	}
	sitting.Wait()
	if seated != 1 {
		t.Errorf("%d people got the seat", seated)
	}
	status, o = sit(bob, "black", "s4")
	want(t, "full", status, o, http.StatusConflict, "game_full")
	status, o = sit(bob, "any", "s5")
	want(t, "full, any seat", status, o, http.StatusConflict, "game_full")
	if v := s.version(t, table{id: id, white: ann}); v != 4 {
		t.Errorf("the game is at version %d, want 4", v)
	}
}

func TestSameCommandAgain(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	const command = `{"t":"move","id":"a1","v":4,"m":"e2e4"}`

	// At once, over sockets and HTTP.
	var sending sync.WaitGroup
	var mu sync.Mutex
	first := 0
	note := func(v uint64, duplicate any) {
		mu.Lock()
		defer mu.Unlock()
		if v != 5 {
			t.Errorf("ok with v %d, want 5", v)
		}
		if duplicate == nil {
			first++
		}
	}
	for range 4 {
		k := dial(t, s, "")
		k.upgrade("/play/"+g.id, g.white)
		k.line("live")
		sending.Go(func() {
			k.say(command)
			o := k.line("ok", "error")
			note(o.num("v"), o["duplicate"])
		})
	}
	for range 8 {
		sending.Go(func() {
			status, o := s.act(t, g, g.white, command)
			if status != http.StatusOK {
				t.Errorf("answered %d %v", status, o)
			}
			note(o.num("v"), o["duplicate"])
		})
	}
	sending.Wait()
	if first != 1 {
		t.Errorf("%d answers were the first one", first)
	}
	again := func(when string) {
		t.Helper()
		if status, o := s.act(t, g, g.white, command); status != http.StatusOK || o.num("v") != 5 || o["duplicate"] != true {
			t.Errorf("%s: %d %v", when, status, o)
		}
		if status, o := s.act(t, g, g.white, `{"t":"move","id":"a1","v":99,"m":"e2e4"}`); status != http.StatusOK || o["duplicate"] != true {
			t.Errorf("%s, with another v: %d %v", when, status, o)
		}
		for _, other := range []string{`{"t":"move","id":"a1","v":4,"m":"d2d4"}`, `{"t":"resign","id":"a1","v":4}`} {
			status, o := s.act(t, g, g.white, other)
			want(t, when+", "+other, status, o, http.StatusConflict, "command_id_reused")
		}
	}
	again("at once")
	// The other player's ids are their own.
	if status, o := s.act(t, g, g.black, `{"t":"move","id":"a1","v":5,"m":"e7e5"}`); status != http.StatusOK {
		t.Errorf("the same id of the other player: %d %v", status, o)
	}
	again("later")
	s.Kill9()
	s.Restart()
	again("after kill -9")
	if status, o := s.act(t, g, g.black, `{"t":"resign","id":"b2","v":6}`); status != http.StatusOK {
		t.Errorf("resign: %d %v", status, o)
	}
	again("after the end")
	if v := s.version(t, g); v != 7 {
		t.Errorf("the game is at version %d, want 7", v)
	}
}

func TestBasisAndTurn(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	conflict := func(what, token, command string, v uint64) {
		t.Helper()
		status, o := s.act(t, g, token, command)
		want(t, what, status, o, http.StatusConflict, "version_conflict")
		if o.num("v") != v || o["retry"] != false {
			t.Errorf("%s: %v", what, o)
		}
	}
	conflict("ahead", g.white, `{"t":"move","id":"a1","v":5,"m":"e2e4"}`, 4)
	conflict("far ahead", g.white, `{"t":"move","id":"a2","v":9007199254740991,"m":"e2e4"}`, 4)
	conflict("behind", g.white, `{"t":"move","id":"a3","v":3,"m":"e2e4"}`, 4)
	if status, o := s.act(t, g, g.white, `{"t":"move","id":"a4","v":4,"m":"e2e4"}`); status != http.StatusOK {
		t.Fatalf("move: %d %v", status, o)
	}
	conflict("behind by a move", g.black, `{"t":"move","id":"b1","v":4,"m":"e7e5"}`, 5)

	// Two different moves at once for one turn, again and again: exactly one counts.
	v := uint64(5)
	for turn := range 8 {
		token, moves := g.black, [2]string{"g8f6", "b8c6"}
		switch {
		case turn%4 == 1:
			token, moves = g.white, [2]string{"g1f3", "b1c3"}
		case turn%2 == 1:
			token, moves = g.white, [2]string{"a2a3", "h2h3"}
		case turn%4 == 2:
			token, moves = g.black, [2]string{"a7a6", "h7h6"}
		}
		if turn > 3 {
			break
		}
		var moving sync.WaitGroup
		var results [2]object
		for i := range results {
			moving.Go(func() {
				_, results[i] = s.act(t, g, token, fmt.Sprintf(`{"t":"move","id":"r%d-%d","v":%d,"m":"%s"}`, turn, i, v, moves[i]))
			})
		}
		moving.Wait()
		accepted := 0
		for _, o := range results {
			switch code := o.str("code"); {
			case o.str("t") == "ok":
				accepted++
			case code != "version_conflict" && code != "not_your_turn":
				t.Errorf("turn %d: %v", turn, o)
			}
		}
		if v++; accepted != 1 || s.version(t, g) != v {
			t.Fatalf("turn %d: %d moves were accepted, the game is at %d, want %d", turn, accepted, s.version(t, g), v)
		}
	}
	s.honest.move(t)
}

func TestAfterTheEnd(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	for i, m := range []string{"f2f3", "e7e5", "g2g4", "d8h4"} {
		token := []string{g.white, g.black}[i%2]
		if status, o := s.act(t, g, token, fmt.Sprintf(`{"t":"move","id":"m%d","v":%d,"m":"%s"}`, i, 4+i, m)); status != http.StatusOK {
			t.Fatalf("move: %d %v", status, o)
		}
	}
	for i, c := range []string{
		`{"t":"move","id":"%s","v":9,"m":"e2e4"}`, `{"t":"resign","id":"%s","v":9}`, `{"t":"draw-offer","id":"%s","v":9}`,
		`{"t":"draw-accept","id":"%s","v":9}`, `{"t":"draw-claim","id":"%s","v":9}`, `{"t":"takeback-offer","id":"%s","v":9}`,
		`{"t":"takeback-accept","id":"%s","v":9}`, `{"t":"add-time","id":"%s","v":9}`, `{"t":"claim-victory","id":"%s","v":9}`,
		`{"t":"abort","id":"%s","v":9}`, `{"t":"resign","id":"%s","v":1}`, `{"t":"move","id":"%s","v":99,"m":"x"}`,
	} {
		for _, token := range []string{g.white, g.black} {
			status, o := s.act(t, g, token, fmt.Sprintf(c, fmt.Sprintf("e%d", i)))
			want(t, c, status, o, http.StatusConflict, "game_over")
			if o.str("reason") != "mate" || o.str("winner") != "black" {
				t.Errorf("%s: %v", c, o)
			}
		}
	}
	if v := s.version(t, g); v != 9 {
		t.Errorf("the game is at version %d, want 9", v)
	}
}

// An illegal move costs time like any other thought.
func TestClockRunsThroughNonsense(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, `,"clock":{"type":"fischer","initial":60000,"increment":0}`)
	for i, m := range []string{"e2e4", "e7e5"} {
		if status, o := s.act(t, g, []string{g.white, g.black}[i], fmt.Sprintf(`{"t":"move","id":"m%d","v":%d,"m":"%s"}`, i, 4+i, m)); status != http.StatusOK {
			t.Fatalf("move: %d %v", status, o)
		}
	}
	left := func() float64 {
		_, state := s.call(t, "GET", "/api/games/"+g.id, g.white, "")
		clock, _ := state["clock"].(map[string]any)
		times, _ := clock["left"].(map[string]any)
		ms, ok := times["white"].(float64)
		if !ok {
			t.Fatalf("no clock in %v", state)
		}
		return ms
	}
	before := left()
	n := 0
	harness.Eventually(t, patience, "white has lost a second", func() bool {
		status, o := s.act(t, g, g.white, fmt.Sprintf(`{"t":"move","id":"x%d","v":6,"m":"e4e6"}`, n))
		want(t, "an illegal move", status, o, http.StatusUnprocessableEntity, "illegal_move")
		n++
		return left() < before-1000
	})
}

// A move that arrives as the flag falls is either the move or too late, never both.
func TestMoveAsTheFlagFalls(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	var playing sync.WaitGroup
	var mu sync.Mutex
	moved, flagged := 0, 0
	for i := range 24 {
		g := s.newTable(t, `,"clock":{"type":"fischer","initial":1000,"increment":0}`)
		playing.Go(func() {
			for i, m := range []string{"e2e4", "e7e5"} {
				s.act(t, g, []string{g.white, g.black}[i], fmt.Sprintf(`{"t":"move","id":"m%d","v":%d,"m":"%s"}`, i, 4+i, m))
			}
			<-time.After(time.Duration(940+5*i) * time.Millisecond)
			status, o := s.act(t, g, g.white, `{"t":"move","id":"late","v":6,"m":"g1f3"}`)
			if _, state := s.call(t, "GET", "/api/games/"+g.id+"?v=7", g.white, ""); state.num("v") != 7 {
				t.Errorf("nothing happened at version 7: %v", state)
			} else if over := state.str("status") == "ended"; over != (status != http.StatusOK) {
				t.Errorf("version 7 is %v, the move was answered with %d %v", state, status, o)
			}
			mu.Lock()
			defer mu.Unlock()
			if status == http.StatusOK {
				moved++
				return
			}
			flagged++
			want(t, "too late", status, o, http.StatusConflict, "game_over")
			if o.str("reason") != "timeout" {
				t.Errorf("ended by %v", o)
			}
		})
	}
	playing.Wait()
	t.Logf("%d moves were in time, %d flags fell", moved, flagged)
	s.honest.move(t)
}
