package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// toolTime is how long an operator's command waits for an answer of Redis.
const toolTime = 5 * time.Second

// TurnOn records that the journal is on from now on. All servers must be stopped. If it is on already, a TurnOff that was
// begun and not ended is taken back. Redis must not hold another journal.
func TurnOn(ctx context.Context, store commands.EventStore, client Client) error {
	s, err := ReadSetting(ctx, store)
	if err != nil {
		return err
	}
	if s.On {
		if err := belongs(ctx, client, s.Incarnation); err != nil && !errors.Is(err, ErrSetting) || errors.Is(err, ErrEstranged) {
			return err
		}
		return all(ctx, client,
			func(p string) rueidis.Completed { return client.B().Hdel().Key(p + "gen").Field("closed").Build() }, nothing)
	}
	_, err = begin(ctx, store, client, s)
	return err
}

// TurnOff moves everything to the store, proves that nothing is left in Redis, and records that the journal is off. From
// its beginning on no server can append a move, so none gets lost if one still runs; servers are to be stopped before
// and set up anew. Halted games stop it: nothing of them is dropped, see Abandon. Repeat it after a failure.
func TurnOff(ctx context.Context, store commands.EventStore, client Client, c Config) error {
	s, err := ReadSetting(ctx, store)
	if err != nil || s.Recorded && !s.On {
		return err
	}
	if s.On {
		// That it was begun before is no obstacle.
		if err := belongs(ctx, client, s.Incarnation); errors.Is(err, ErrEstranged) || err != nil && !errors.Is(err, ErrSetting) {
			return err
		}
		if err := empty(ctx, store, client, c, s.Incarnation); err != nil {
			return err
		}
	}
	if err := record(ctx, store, s, turnedOffType, struct{}{}); err != nil {
		return err
	}
	if s.On {
		return sweep(ctx, client, s.Incarnation)
	}
	return nil
}

// GiveUp records that the journal is off although its Redis is lost: moves that were acknowledged and had not reached
// the store are lost with it. All servers must be stopped.
func GiveUp(ctx context.Context, store commands.EventStore) error {
	s, err := ReadSetting(ctx, store)
	if err != nil || !s.On {
		return err
	}
	return record(ctx, store, s, turnedOffType, struct{}{})
}

// Drain moves everything that lies in Redis to the store. Servers may run; what they append meanwhile may remain.
func Drain(ctx context.Context, c Config) error {
	j := New(c)
	streams, err := j.Keys.Dirty(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, stream := range streams {
		if err := j.Flush(ctx, stream); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", stream, err))
		}
		if len(errs) == 10 {
			break // the store is away, or something is very wrong
		}
	}
	return errors.Join(errs...)
}

// empty closes the journal, drains it, forgets all heads and proves that nothing is left.
func empty(ctx context.Context, store commands.EventStore, client Client, c Config, incarnation string) error {
	err := all(ctx, client,
		func(p string) rueidis.Completed {
			return client.B().Hset().Key(p+"gen").FieldValue().FieldValue("closed", "1").Build()
		}, nothing)
	if err != nil {
		return err
	}
	c.Store, c.Keys = store, NewKeys(client, incarnation, toolTime)
	stopped, err := c.Keys.Halted(ctx)
	if err != nil {
		return err
	}
	if len(stopped) > 0 {
		return fmt.Errorf("%w: %d games are halted, their moves in Redis can't be moved to the store: %s. Look at them, then abandon what the journal holds of them",
			ErrSetting, len(stopped), list(stopped))
	}
	if err := Drain(ctx, c); err != nil {
		return fmt.Errorf("drain the journal: %w", err)
	}
	return nothingLeft(ctx, c.Keys)
}

// nothingLeft proves that Redis holds no event that the store may not have.
func nothingLeft(ctx context.Context, keys Keys) error {
	left, err := keys.Dirty(ctx)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("%w: %d games still have moves in Redis only, such as %s", ErrSetting, len(left), left[0])
	}
	return nil
}

// sweep removes what is left in Redis of an incarnation that is over: heads, generations, names. A head that stayed
// would be taken for true when the journal is turned on again.
func sweep(ctx context.Context, client Client, incarnation string) error {
	keys := NewKeys(client, incarnation, toolTime)
	if err := nothingLeft(ctx, keys); err != nil {
		return err
	}
	for {
		streams, err := keys.Idle(ctx, 0, 0)
		if err != nil {
			return err
		}
		if len(streams) == 0 {
			break
		}
		for _, stream := range streams {
			if _, err := keys.Evict(ctx, stream, 0); err != nil {
				return err
			}
		}
	}
	err := all(ctx, client, func(p string) rueidis.Completed { return client.B().Del().Key(p + "gen").Build() }, nothing)
	if err != nil {
		return err
	}
	if err := client.Do(ctx, client.B().Del().Key(incarnationKey, ownedKey).Build()).Error(); err != nil {
		return failure(err)
	}
	return nil
}

// Abandon takes what the journal holds of a halted game out of Redis and gives it to the caller, who must keep it: these
// events were acknowledged, and the store holds others at their versions. The game goes on from what the store has.
func Abandon(ctx context.Context, client Client, incarnation string, stream event.Stream) ([]event.Recorded, error) {
	keys := NewKeys(client, incarnation, toolTime)
	tail, err := keys.Read(ctx, stream, 0, 1<<30)
	if err != nil {
		return nil, err
	}
	if tail.Halted == "" {
		return nil, fmt.Errorf("%w: %s is not halted", ErrSetting, stream)
	}
	events := make([]event.Recorded, len(tail.Entries))
	for i, e := range tail.Entries {
		events[i] = e.Recorded
	}
	// While it is halted nobody appends, so what was read is all there is.
	p := prefix(Bucket(stream))
	name := string(stream)
	for _, result := range client.DoMulti(ctx,
		client.B().Multi().Build(),
		client.B().Del().Key(p+"head:"+name, p+"tail:"+name).Build(),
		client.B().Srem().Key(p+"dirty").Member(name).Build(),
		client.B().Zrem().Key(p+"idle").Member(name).Build(),
		client.B().Hincrby().Key(p+"gen").Field("n").Increment(1).Build(),
		client.B().Hdel().Key(p+"halted").Field(name).Build(),
		client.B().Exec().Build(),
	) {
		if err := result.Error(); err != nil {
			return events, failure(err)
		}
	}
	return events, nil
}

func list(stopped map[event.Stream]string) string {
	var names []string
	for stream := range stopped {
		names = append(names, string(stream))
	}
	slices.Sort(names)
	return strings.Join(names[:min(len(names), 20)], ", ")
}
