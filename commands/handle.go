package commands

import (
	"context"
	"errors"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// maxConflicts is how often a command is decided anew because another host was faster.
const maxConflicts = 5

// Do carries out a person's command on a game: load, same command?, decide, append, apply, show, answer. When it returns
// a receipt, the events are durable and every sink has them. Refusals carry the game's version.
//
// The caller's goroutine does the work, whatever becomes of the caller's context: the outcome is wanted in any case; commands on one game pass one at a time. at says when the command's frame was
// complete on this server's live clock.
func (a *Application) Do(_ context.Context, id string, c game.Command, at game.Arrival) (game.Receipt, error) {
	started := time.Now()
	receipt, err := a.do(id, c, at)
	a.Observer.Command(c.Wish.Name(), result(receipt, err), time.Since(started).Seconds())
	return receipt, err
}

func (a *Application) do(id string, c game.Command, at game.Arrival) (game.Receipt, error) {
	ctx := a.answerBy()
	switch c.Wish.(type) {
	case game.Rematch:
		return a.rematch(ctx, id, c)
	case game.Sit:
		return a.sit(ctx, id, c, at)
	default:
		return a.play(ctx, id, c, at)
	}
}

// play carries out a command in a game.
func (a *Application) play(ctx context.Context, id string, c game.Command, at game.Arrival) (game.Receipt, error) {
	h, err := a.enter(ctx, id)
	if err != nil {
		return game.Receipt{}, err
	}
	defer a.leave(h)
	receipt, err := a.handle(ctx, h, c, at)
	return receipt, withVersion(err, h.state.Load())
}

// enter pins a game and passes its turnstile.
func (a *Application) enter(ctx context.Context, id string) (*hotGame, error) {
	h, ok := a.pin(id)
	if !ok {
		return nil, errClosed
	}
	switch err := h.turnstile.enter(ctx); {
	case errors.Is(err, errTooMany):
		a.unpin(h)
		return nil, domain.Refuse(domain.Busy, "%s", err)
	case err != nil:
		a.unpin(h)
		return nil, domain.Refuse(domain.Unavailable, "the game did not come to this command in time")
	}
	return h, nil
}

func (a *Application) leave(h *hotGame) {
	h.turnstile.leave()
	a.unpin(h)
}

// handle decides a command, again after each conflict with another host. Called inside the turnstile.
func (a *Application) handle(ctx context.Context, h *hotGame, c game.Command, at game.Arrival) (game.Receipt, error) {
	s, err := a.load(ctx, h)
	if err != nil {
		return game.Receipt{}, err
	}
	for range maxConflicts {
		if h.uncertain != nil {
			return game.Receipt{}, h.uncertain.refuse(c)
		}
		receipt, newest, err := a.attempt(ctx, h, s, c, at)
		switch {
		case err == nil:
			return receipt, nil
		case errors.Is(err, ErrConflict):
		case a.Shared && judged(err):
			// It may be refused only because another host's events have not come to us over the bus yet.
			if newest, err = a.refute(ctx, h, newest, err); err != nil {
				return game.Receipt{}, err
			}
		default:
			return game.Receipt{}, err
		}
		s = newest
	}
	return game.Receipt{}, domain.Refuse(domain.Unavailable, "other servers were faster %d times", maxConflicts)
}

// attempt decides a command on a state: was it done before, what has run out meanwhile, then the command itself. s is the
// newest state afterwards, also after ErrConflict.
func (a *Application) attempt(ctx context.Context, h *hotGame, s *game.State, c game.Command, at game.Arrival) (game.Receipt, *game.State, error) {
	if receipt, done, err := a.accepted(ctx, s, c); done || err != nil {
		return receipt, s, err
	}
	s, err := a.settleClocks(ctx, h, s)
	if err != nil {
		return game.Receipt{}, s, err
	}
	env := a.measure(h, s, c, at)
	env.Seed = a.Seed()
	if s, err = a.append(ctx, h, s, game.Command{Wish: game.Check{}}, env.overdue); err != nil {
		return game.Receipt{}, s, err
	}
	if s, err = a.append(ctx, h, s, c, env.Env); err != nil {
		return game.Receipt{}, s, err
	}
	seat, _ := s.SeatOf(c.Player)
	return game.Receipt{Version: s.Version, Seat: seat}, s, nil
}

// judged tells whether a command was refused by what the game is, and not because something does not answer.
func judged(err error) bool {
	var refusal *domain.Error
	return errors.As(err, &refusal) && refusal.Kind != domain.Unavailable && refusal.Kind != domain.Unknown
}

// refute asks the store whether there is more to the game than the state that a refusal was made from. With nothing new
// the refusal stands and is the error.
func (a *Application) refute(ctx context.Context, h *hotGame, s *game.State, refusal error) (*game.State, error) {
	newest, err := a.catchUp(ctx, h)
	if err != nil {
		return s, err
	}
	if newest.Version == s.Version {
		return s, refusal
	}
	return newest, nil
}

// append decides one command and makes its events durable, then applies and shows them. No events: nothing happens. On
// ErrConflict the game has been caught up with, and s is its newest state.
func (a *Application) append(ctx context.Context, h *hotGame, s *game.State, c game.Command, env game.Env) (*game.State, error) {
	env.Rating = a.rating(s, c)
	events, err := game.Decide(s, c, env)
	if err != nil || len(events) == 0 {
		return s, err
	}
	rules := s.Rules
	if create, ok := c.Wish.(game.Create); ok {
		rules = create.Rules
	}
	meta := event.Meta{At: env.At, Server: a.Incarnation, Up: a.Clock.Now()}
	if c.ID != "" {
		meta.Command, meta.Player, meta.Content = c.ID, c.Player, c.Fingerprint()
	}
	steps := game.Record(s, rules, events, meta)
	switch err := a.Store.Append(ctx, steps[0].Recorded.Stream, s.Version, recorded(steps)); {
	case err == nil:
		a.show(h, steps)
		return steps[len(steps)-1].After, nil
	case errors.Is(err, ErrConflict):
		if s.Version == 0 { // another host has created it; load will find it
			return s, ErrConflict
		}
		newest, err := a.catchUp(ctx, h)
		if err != nil {
			return s, err
		}
		return newest, ErrConflict
	case errors.Is(err, ErrUnknown):
		a.resolve(h, s.Version, steps, c)
		return s, &domain.Error{Kind: domain.Unknown, Message: "it may have been done; send the same command again", Err: err}
	default:
		return s, &domain.Error{Kind: domain.Unavailable, Message: "the event store does not answer; nothing was done", Err: err}
	}
}

// show applies durable steps: the newest state, the sinks, the thinking times, the timer, and at times a snapshot.
func (a *Application) show(h *hotGame, steps []game.Step) {
	now := a.Clock.Now()
	h.push(steps)
	s := h.state.Load()
	h.restart(s, steps[0].Version(), now)
	var room [2]game.Measured
	a.arm(h, a.soonest(h, s, now, room[:0]))
	if s.Version-h.saved >= a.SnapshotEvery && s.Status != game.Over {
		a.queueSnapshot(h)
	}
}

// accepted finds out whether a command was done before. done: the receipt is the original's.
func (a *Application) accepted(ctx context.Context, s *game.State, c game.Command) (r game.Receipt, done bool, err error) {
	if _, sit := c.Wish.(game.Sit); !sit && !game.ByServer(c.Wish) {
		if _, err := s.Acting(c); err != nil {
			return r, false, err
		}
	}
	for _, version := range s.Accepted(c.Player, c.ID) {
		meta, err := a.metaAt(ctx, s.ID, version)
		if err != nil {
			return r, false, a.readError(s.ID, err)
		}
		if meta.Command != c.ID || meta.Player != c.Player {
			continue // two ids with the same hash
		}
		if meta.Content != c.Fingerprint() {
			return r, false, domain.Refuse(domain.CommandIDReused, "command id %q was used for something else", c.ID)
		}
		seat, _ := s.SeatOf(c.Player)
		return game.Receipt{Version: version, Duplicate: true, Seat: seat}, true, nil
	}
	return r, false, nil
}

// metaAt reads the metadata of one event.
func (a *Application) metaAt(ctx context.Context, id string, version uint64) (event.Meta, error) {
	for rec, err := range a.Store.ReadStream(ctx, event.GameStream(id), version) {
		if err != nil {
			return event.Meta{}, err
		}
		return event.DecodeMeta(rec.Meta)
	}
	return event.Meta{}, game.ErrGap
}

func recorded(steps []game.Step) []event.Recorded {
	recs := make([]event.Recorded, len(steps))
	for i, step := range steps {
		recs[i] = step.Recorded
	}
	return recs
}

// withVersion tells the one who was refused where the game is now.
func withVersion(err error, s *game.State) error {
	if err == nil {
		return nil
	}
	var refusal *domain.Error
	if s == nil || !errors.As(err, &refusal) || refusal.Version != 0 {
		return err
	}
	return atVersion(err, s.Version)
}

// atVersion is an error that tells this version, if it is a refusal.
func atVersion(err error, version uint64) error {
	var refusal *domain.Error
	if !errors.As(err, &refusal) {
		return err
	}
	told := *refusal
	told.Version = version
	return &told
}

// result names an outcome for the metrics.
func result(r game.Receipt, err error) string {
	switch {
	case err == nil && r.Duplicate:
		return "duplicate"
	case err == nil:
		return "ok"
	}
	var refusal *domain.Error
	if errors.As(err, &refusal) {
		return string(refusal.Kind)
	}
	return string(domain.Internal)
}
