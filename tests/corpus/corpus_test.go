package corpus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/pgn"
	"github.com/plygames/ply/transport/client"
)

// playTime bounds the whole test.
const playTime = 8 * time.Minute

// TestCorpus plays every game of the corpus at once. When half of all moves are played the server is killed with -9 and
// started again: the clients find their way back by themselves.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: plays 357 games")
	}
	games := corpus(t)
	server := harness.Start(t, harness.Env("PLY_RATE_LIMITS", "off"), harness.Env("PLY_SNAPSHOT_EVERY", "5"))
	ctx, cancel := context.WithTimeout(t.Context(), playTime)
	defer cancel()

	total := 0
	for _, g := range games {
		total += len(g.Moves)
	}
	var played atomic.Int64
	half := make(chan struct{})
	var once sync.Once
	moved := func() {
		if played.Add(1) == int64(total/2) {
			once.Do(func() { close(half) })
		}
	}
	var playing sync.WaitGroup
	seated := make(chan struct{}, 64) // handshakes at once
	for i, g := range games {
		playing.Go(func() {
			if err := play(ctx, server, g, seated, moved); err != nil {
				t.Errorf("game %d (%s - %s): %v", i+1, g.Tags["White"], g.Tags["Black"], err)
			}
		})
	}
	finished := make(chan struct{})
	go func() { playing.Wait(); close(finished) }()
	select {
	case <-half:
		server.Kill9()
		server.Restart()
	case <-finished:
		t.Error("the server was not killed: the games did not come to their middle")
	}
	<-finished
	t.Logf("%d games, %d moves", len(games), played.Load())
}

func corpus(t *testing.T) (games []pgn.Game) {
	t.Helper()
	files, err := filepath.Glob("../testdata/pgn/*.pgn")
	if err != nil || len(files) != 10 {
		t.Fatalf("corpus files %v, %v", files, err)
	}
	for _, file := range files {
		read, err := pgn.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		games = append(games, read...)
	}
	if len(games) < 347 {
		t.Fatalf("%d games, want 347 and more", len(games))
	}
	return games
}

// spectator notes what it is shown.
type spectator struct {
	mu       sync.Mutex
	versions []uint64
	restarts int // states in the middle: a slow or resumed watcher may get one
}

func (s *spectator) see(m client.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Type == "state" {
		s.restarts++
	}
	if m.Numbered() {
		s.versions = append(s.versions, m.V)
	}
}

// check tells whether it was shown 1..last, each once.
func (s *spectator) check(last uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.restarts > 0 {
		return fmt.Errorf("the spectator got %d states instead of messages", s.restarts)
	}
	for i, v := range s.versions {
		if v != uint64(i+1) {
			return fmt.Errorf("the spectator's %d-th message is version %d", i+1, v)
		}
	}
	if uint64(len(s.versions)) != last {
		return fmt.Errorf("the spectator saw %d messages, want %d", len(s.versions), last)
	}
	return nil
}

// play plays one game to its end and compares.
func play(ctx context.Context, server *harness.Server, g pgn.Game, seated chan struct{}, moved func()) error {
	seated <- struct{}{}
	players, watching, seen, err := sit(ctx, server, g)
	<-seated
	if err != nil {
		return err
	}
	defer watching.Close()
	defer players[0].Close()
	defer players[1].Close()
	first := 0
	if players[0].State().Turn[0] == "black" {
		first = 1
	}
	for i, m := range g.Moves {
		mover, other := players[(first+i)%2], players[(first+i+1)%2]
		receipt, err := mover.Do(ctx, client.Move(m))
		if err != nil {
			return fmt.Errorf("ply %d, %s: %w", i+1, m, err)
		}
		moved()
		if _, err := other.Wait(ctx, reached(receipt.V)); err != nil {
			return fmt.Errorf("ply %d, %s, the other player: %w", i+1, m, err)
		}
	}
	if err := finish(ctx, players, (first+len(g.Moves))%2, g.Result); err != nil {
		return err
	}
	last, err := watching.Wait(ctx, func(s client.State) bool { return s.Status == "ended" })
	if err != nil {
		return fmt.Errorf("the end, for the spectator: %w", err)
	}
	if holes := watching.Holes() + players[0].Holes() + players[1].Holes(); holes != 0 {
		return fmt.Errorf("%d holes", holes)
	}
	return errors.Join(compare(ctx, server, last, g), seen.check(last.V))
}

func reached(v uint64) func(client.State) bool { return func(s client.State) bool { return s.V >= v } }

func sit(ctx context.Context, server *harness.Server, g pgn.Game) (players [2]*client.Game, watching *client.Game, seen *spectator, err error) {
	var people [2]*client.Client
	for i, name := range []string{"White", "Black"} {
		if people[i], err = server.Client().Guest(ctx, name); err != nil {
			return players, nil, nil, err
		}
	}
	create := client.NewGame{Kind: "chess", Seat: "white"}
	if g.Start != "" {
		create.Setup, _ = json.Marshal(map[string]string{"fen": g.Start})
	}
	made, err := people[0].Create(ctx, create)
	if err != nil {
		return players, nil, nil, fmt.Errorf("create: %w", err)
	}
	if _, err = people[1].Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
		return players, nil, nil, fmt.Errorf("sit: %w", err)
	}
	for i := range players {
		if players[i], err = people[i].Play(ctx, made.Game, nil); err != nil {
			return players, nil, nil, fmt.Errorf("play: %w", err)
		}
		if _, err = players[i].Wait(ctx, func(s client.State) bool { return s.Status == "ready" }); err != nil {
			return players, nil, nil, fmt.Errorf("start: %w", err)
		}
	}
	seen = new(spectator)
	watching, err = server.Client().WatchFrom(ctx, made.Game, 0, seen.see)
	return players, watching, seen, err
}

// finish ends the game as the PGN says, if the board has not.
func finish(ctx context.Context, players [2]*client.Game, onTurn int, result string) error {
	switch players[onTurn].State().Status {
	case "ended":
		return nil
	case "ready": // decided without a move: the server knows no such result
		_, err := players[onTurn].Do(ctx, client.Plain("abort"))
		return err
	}
	switch result {
	case "1-0", "*":
		_, err := players[1].Do(ctx, client.Plain("resign"))
		return err
	case "0-1":
		_, err := players[0].Do(ctx, client.Plain("resign"))
		return err
	}
	_, err := players[onTurn].Do(ctx, client.Plain("draw-claim"))
	var refusal *client.Error
	if !errors.As(err, &refusal) || refusal.Code != "too_early" {
		return err
	}
	offered, err := players[onTurn].Do(ctx, client.Plain("draw-offer"))
	if err != nil {
		return fmt.Errorf("offer a draw: %w", err)
	}
	other := players[1-onTurn]
	if _, err := other.Wait(ctx, reached(offered.V)); err != nil {
		return err
	}
	_, err = other.Do(ctx, client.Plain("draw-accept"))
	return err
}

// compare holds the end of the game against the PGN.
func compare(ctx context.Context, server *harness.Server, s client.State, g pgn.Game) error {
	now, err := server.Client().Look(ctx, s.Game, 0)
	if err != nil {
		return err
	}
	var view struct {
		FEN   string   `json:"fen"`
		Moves []string `json:"moves"`
	}
	if err := json.Unmarshal(now.View, &view); err != nil {
		return err
	}
	if view.FEN != g.Final {
		return fmt.Errorf("final position %q, want %q", view.FEN, g.Final)
	}
	if fmt.Sprint(view.Moves) != fmt.Sprint(g.Moves) {
		return fmt.Errorf("moves %v, want %v", view.Moves, g.Moves)
	}
	if len(g.Moves) == 0 && s.Reason == "aborted" {
		return nil
	}
	scores := map[string][2]int{"1-0": {2, 0}, "*": {2, 0}, "0-1": {0, 2}, "1/2-1/2": {1, 1}}[g.Result]
	if s.Scores["white"] != scores[0] || s.Scores["black"] != scores[1] {
		return fmt.Errorf("ended %s with %v, the PGN says %s", s.Reason, s.Scores, g.Result)
	}
	if s.Chain == "" || s.Chain != now.Chain {
		return fmt.Errorf("chain %q and %q", s.Chain, now.Chain)
	}
	return nil
}
