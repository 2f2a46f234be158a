package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/infra/redis/journal"
)

type verifyCommand struct {
	Data  string `env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"Data folder to verify. No server may be using it; verify a backup of a running one."`
	Store string `env:"PLY_STORE" default:"embedded" placeholder:"STORE" help:"A shared store to verify instead, such as esdb://127.0.0.1:2113?tls=false. Servers may be using it."`
}

// Run verifies and fails if anything is wrong.
func (c *verifyCommand) Run(s streams) error {
	v := newVerifier(s.out, s.err)
	if c.Store != "embedded" {
		store, err := openShared(context.Background(), c.Store)
		if err != nil {
			return err
		}
		return errors.Join(v.run(context.Background(), store), store.Close())
	}
	store, err := openStore(c.Data)
	if err != nil {
		return err
	}
	return errors.Join(v.run(context.Background(), store), store.Close())
}

// log is the part of the event store that is verified.
type log interface {
	ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error]
}

// verifier reads the whole store once, in the global order. Games that have ended leave its memory.
type verifier struct {
	out, err io.Writer

	unfinished map[event.Stream]*game.State
	finished   map[event.Stream]struct{}
	chains     map[event.Stream]chain // streams of facts of the deployment
	people     map[event.Stream]*player.History
	wrong      map[event.Stream]bool // already reported; the rest of the stream proves nothing

	events, games int
	started       time.Time
	told          time.Time
}

// chain is how far a stream was followed.
type chain struct {
	version uint64
	head    event.Hash
}

func newVerifier(out, err io.Writer) *verifier {
	now := time.Now()
	return &verifier{
		out: out, err: err, started: now, told: now,
		unfinished: make(map[event.Stream]*game.State),
		finished:   make(map[event.Stream]struct{}),
		chains:     make(map[event.Stream]chain),
		people:     make(map[event.Stream]*player.History),
		wrong:      make(map[event.Stream]bool),
	}
}

// run reports each stream that is wrong on one line, and the sum.
func (v *verifier) run(ctx context.Context, store log) error {
	last := event.Position("")
	for rec, err := range store.ReadAll(ctx, "") {
		if err != nil {
			return fmt.Errorf("the store can't be read to its end: %w; %d events were read", err, v.events)
		}
		v.events++
		if rec.Position <= last {
			fmt.Fprintf(v.out, "%s version %d: position %s comes after %s\n", rec.Stream, rec.Version, rec.Position, last)
			v.wrong[rec.Stream] = true
		}
		last = rec.Position
		v.check(rec)
		v.progress()
	}
	for stream, person := range v.people {
		if !person.Whole() && !v.wrong[stream] {
			fmt.Fprintf(v.out, "%s: its content is missing, although nobody was erased\n", stream)
			v.wrong[stream] = true
		}
	}
	fmt.Fprintf(v.out, "verified %d events of %d games (%d unfinished) and %d people in %s\n",
		v.events, v.games, len(v.unfinished), len(v.people), time.Since(v.started).Round(time.Millisecond))
	if len(v.wrong) > 0 {
		return fmt.Errorf("%d streams are wrong, see above; restore a backup, and keep this folder for whoever finds out why", len(v.wrong))
	}
	return nil
}

// check judges one event and reports the first mistake of its stream.
func (v *verifier) check(rec event.Recorded) {
	if v.wrong[rec.Stream] {
		return
	}
	judge := v.other
	if _, ok := rec.Stream.Game(); ok {
		judge = v.game
	} else if _, ok := rec.Stream.Player(); ok {
		judge = v.person
	}
	if err := judge(rec); err != nil {
		fmt.Fprintf(v.out, "%s version %d (%s): %v\n", rec.Stream, rec.Version, rec.Type, err)
		v.wrong[rec.Stream] = true
		delete(v.unfinished, rec.Stream)
	}
}

func (v *verifier) game(rec event.Recorded) error {
	if _, ended := v.finished[rec.Stream]; ended {
		return errors.New("nothing may follow the end of a game")
	}
	state := v.unfinished[rec.Stream]
	if state == nil {
		v.games++
		id, _ := rec.Stream.Game()
		state = game.New(id)
	}
	step, err := game.Fold(state, rec, games.Kinds)
	if err != nil {
		return err
	}
	if err := legal(step); err != nil {
		return err
	}
	if step.After.Status == game.Over {
		delete(v.unfinished, rec.Stream)
		v.finished[rec.Stream] = struct{}{}
		return nil
	}
	v.unfinished[rec.Stream] = step.After
	return nil
}

// legal judges an event again, by the rules as they are today. The clock times and what chance drew are facts and are
// taken as recorded.
func legal(step game.Step) error {
	before := step.Before
	if before.Board != nil && step.Version() > 1 {
		if result, over := before.Board.Result(); over {
			ended, is := step.Event.(game.Ended)
			if !is {
				return fmt.Errorf("the game is over by the rules (%s), yet it went on", result.Reason)
			}
			if ended.Reason != result.Reason || ended.Winner != result.Winner {
				return fmt.Errorf("ended by %s won by %q, but the rules say %s won by %q", ended.Reason, ended.Winner, result.Reason, result.Winner)
			}
		}
	}
	move, is := step.Event.(game.MovePlayed)
	if !is {
		return nil
	}
	if !before.OnTurn(move.Seat) {
		return fmt.Errorf("%s moved but was not on turn", move.Seat)
	}
	if seat, ok := before.SeatOf(step.Meta.Player); !ok || seat != move.Seat {
		return fmt.Errorf("somebody who does not sit there moved for %s", move.Seat)
	}
	if _, err := before.Board.Judge(move.Seat, move.M, game.Seed{}); err != nil {
		return fmt.Errorf("the move %s is not legal: %w", move.M, err)
	}
	return nil
}

// person checks the hash chain of a person's stream, from which the content of events may have been taken.
func (v *verifier) person(rec event.Recorded) error {
	h := v.people[rec.Stream]
	if h == nil {
		id, _ := rec.Stream.Player()
		h = player.Follow(id)
		v.people[rec.Stream] = h
	}
	return h.Apply(rec)
}

// chain checks the hash chain of a stream that is no game's and no person's.
func (v *verifier) chain(rec event.Recorded) error {
	last, known := v.chains[rec.Stream]
	if !known {
		last.head = event.Genesis(rec.Stream)
	}
	head := event.Next(last.head, rec.Type, rec.Meta, rec.Data)
	switch {
	case rec.Version != last.version+1:
		return fmt.Errorf("follows version %d", last.version)
	case head.ID() != rec.ID:
		return errors.New("its id is not the hash of its content and of all before it")
	}
	v.chains[rec.Stream] = chain{rec.Version, head}
	return nil
}

// other judges what belongs to no game and no person. Streams that begin with a dollar are the store's own records.
func (v *verifier) other(rec event.Recorded) error {
	switch {
	case rec.Stream == journal.SettingsStream:
		return v.chain(rec)
	case strings.HasPrefix(string(rec.Stream), "$"):
		return nil
	default:
		return errors.New("a stream of a kind that this release does not know")
	}
}

// progress tells how far and how fast, once a second.
func (v *verifier) progress() {
	if v.events%1024 != 0 {
		return
	}
	now := time.Now()
	if now.Sub(v.told) < time.Second {
		return
	}
	v.told = now
	fmt.Fprintf(v.err, "verifying: %d events of %d games, %.0f events/s\n", v.events, v.games, float64(v.events)/now.Sub(v.started).Seconds())
}
