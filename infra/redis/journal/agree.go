package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
)

// ErrSetting reports that this server is set up otherwise than its deployment, or that Redis is not the deployment's. The
// text says what to do. The server must not start.
var ErrSetting = errors.New("journal setting")

// The keys that belong to no bucket.
const (
	incarnationKey = "ply:journal:incarnation" // the journal's incarnation, a random id
	ownedKey       = "ply:journal:owned"       // set to the incarnation once a store has recorded it
)

// lostAdvice is what to do when Redis is not the deployment's.
const lostAdvice = "Moves that were acknowledged and not yet moved to the store are in the right Redis only: " +
	"bring it or its append-only file back. If it is lost, these moves are lost; " +
	"to go on without them stop all servers, then run the turn-off command and say that Redis is lost"

// AgreeOff is for a server whose journal is off: it fails if the deployment's is on. The first server of a deployment
// records the setting in the store.
func AgreeOff(ctx context.Context, store commands.EventStore) error {
	for {
		s, err := ReadSetting(ctx, store)
		if err != nil {
			return err
		}
		if s.On {
			return fmt.Errorf("%w: this deployment writes its moves through the Redis journal, and this server is set up without it. "+
				"Moves may lie in Redis only; a server that went around it would fork their games. "+
				"Turn the journal on here, or turn it off for all: stop all servers, then run the turn-off command with Redis running", ErrSetting)
		}
		if s.Recorded {
			return nil
		}
		if err := record(ctx, store, s, turnedOffType, struct{}{}); !errors.Is(err, commands.ErrConflict) {
			return err
		}
	}
}

// AgreeOn is for a server whose journal is on. It fails if the deployment's is off, and if Redis does not hold the
// incarnation of the journal that the store names: then Redis was wiped or is another one, and acknowledged moves may be
// missing. The first server of a deployment begins an incarnation and records it. The answer is for NewKeys.
func AgreeOn(ctx context.Context, store commands.EventStore, client Client) (incarnation string, err error) {
	for {
		s, err := ReadSetting(ctx, store)
		if err != nil {
			return "", err
		}
		switch {
		case s.On:
			return s.Incarnation, belongs(ctx, client, s.Incarnation)
		case s.Recorded:
			return "", fmt.Errorf("%w: this deployment writes its moves straight to the store, and this server is set up with the Redis journal. "+
				"A server beside it that goes straight to the store would fork the games of this one. "+
				"Turn the journal off here, or turn it on for all: stop all servers, then run the turn-on command", ErrSetting)
		}
		incarnation, err := begin(ctx, store, client, s)
		if !errors.Is(err, commands.ErrConflict) {
			return incarnation, err
		}
	}
}

// begin makes Redis ready for a new incarnation and records it. A start that died in between is taken up.
func begin(ctx context.Context, store commands.EventStore, client Client, s Setting) (string, error) {
	owner, err := get(ctx, client, ownedKey)
	if err != nil {
		return "", err
	}
	if slices.Contains(s.past, owner) {
		// Ours, from before it was turned off: all that may remain is what TurnOff did not come to sweep up.
		if err := sweep(ctx, client, owner); err != nil {
			return "", fmt.Errorf("this Redis holds what is left of the journal %s, which was given up; if nothing in it is of use any more, empty it: %w", owner, err)
		}
	} else if owner != "" {
		// Another server of a new deployment may have begun, recorded and owned it since the setting was read.
		now, err := ReadSetting(ctx, store)
		if err != nil {
			return "", err
		}
		if now.version != s.version {
			return "", fmt.Errorf("the journal was begun by another server: %w", commands.ErrConflict)
		}
		return "", fmt.Errorf("%w: this Redis holds the journal %s of another store, or of this one before its data was deleted. "+
			"Use one Redis (or one of its databases) for each deployment; if nothing in it is of use any more, empty it", ErrSetting, owner)
	}
	if err := client.Do(ctx, client.B().Set().Key(incarnationKey).Value(rand.Text()).Nx().Build()).Error(); err != nil && !rueidis.IsRedisNil(err) {
		return "", failure(err)
	}
	incarnation, err := get(ctx, client, incarnationKey)
	if err != nil {
		return "", err
	}
	err = all(ctx, client,
		func(p string) rueidis.Completed {
			return client.B().Hset().Key(p+"gen").FieldValue().FieldValue("of", incarnation).Build()
		}, nothing)
	if err != nil {
		return "", err
	}
	// Two servers may begin at once, and the faster one be playing already: no generation goes back.
	err = all(ctx, client,
		func(p string) rueidis.Completed {
			return client.B().Hsetnx().Key(p + "gen").Field("n").Value("0").Build()
		}, nothing)
	if err != nil {
		return "", err
	}
	if err := record(ctx, store, s, turnedOnType, turnedOn{incarnation}); err != nil {
		return "", err
	}
	return incarnation, own(ctx, client, incarnation)
}

func own(ctx context.Context, client Client, incarnation string) error {
	if err := client.Do(ctx, client.B().Set().Key(ownedKey).Value(incarnation).Build()).Error(); err != nil {
		return failure(err)
	}
	return nil
}

// belongs checks that Redis holds an incarnation, in every bucket.
func belongs(ctx context.Context, client Client, incarnation string) error {
	found, err := get(ctx, client, incarnationKey)
	if err != nil {
		return err
	}
	if found != incarnation {
		if found == "" {
			found = "none"
		}
		return fmt.Errorf("%w: %w: the store names the incarnation %s, Redis has %s. %s", ErrSetting, ErrEstranged, incarnation, found, lostAdvice)
	}
	closed, foreign := 0, 0
	err = all(ctx, client,
		func(p string) rueidis.Completed { return client.B().Hmget().Key(p+"gen").Field("of", "closed").Build() },
		func(_ int, m rueidis.RedisMessage) error {
			fields, err := m.ToArray()
			if err != nil || len(fields) != 2 {
				return fmt.Errorf("%d fields, %w", len(fields), err)
			}
			if of, err := fields[0].ToString(); err != nil || of != incarnation {
				foreign++
			}
			if !fields[1].IsNil() {
				closed++
			}
			return nil
		})
	if err != nil {
		return err
	}
	if foreign > 0 {
		return fmt.Errorf("%w: %w: %d of %d buckets are not of the incarnation %s. %s", ErrSetting, ErrEstranged, foreign, buckets, incarnation, lostAdvice)
	}
	if closed > 0 {
		return fmt.Errorf("%w: turning the journal off was begun and not ended. Run the turn-off command again, or the turn-on command to leave it on", ErrSetting)
	}
	return own(ctx, client, incarnation) // the start that recorded it may have died before it said so
}

// Agreed is a check for Config.Check: the store still names this incarnation.
func Agreed(ctx context.Context, store commands.EventStore, incarnation string) error {
	s, err := ReadSetting(ctx, store)
	if err != nil {
		return err
	}
	if !s.On || s.Incarnation != incarnation {
		return fmt.Errorf("%w: the journal was turned off or begun anew while this server ran; restart it with the deployment's setting", ErrSetting)
	}
	return nil
}

func get(ctx context.Context, client Client, key string) (string, error) {
	value, err := client.Do(ctx, client.B().Get().Key(key).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return "", nil
	}
	if err != nil {
		return "", failure(err)
	}
	return value, nil
}
