package corpus_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/tests/corpus"
	"github.com/plygames/ply/tests/harness"
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
	games, err := corpus.Games()
	if err != nil {
		t.Fatal(err)
	}
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
	table := (&corpus.Table{
		Site: server.Client(), Watching: []*client.Client{server.Client()},
		Moved: func() {
			if played.Add(1) == int64(total/2) {
				once.Do(func() { close(half) })
			}
		},
	}).Open()
	var playing sync.WaitGroup
	for i, g := range games {
		playing.Go(func() {
			if id, err := table.Play(ctx, g); err != nil {
				t.Errorf("game %d (%s - %s, %s): %v", i+1, g.Tags["White"], g.Tags["Black"], id, err)
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
