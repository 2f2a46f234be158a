package journal

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// together is how many buckets are asked in one go, so that moves on the same connection do not wait behind all of them.
const together = 128

// all sends one command for each bucket and hands the answers to see.
func all(ctx context.Context, client Client, command func(p string) rueidis.Completed, see func(bucket int, m rueidis.RedisMessage) error) error {
	for first := 0; first < buckets; first += together {
		batch := make([]rueidis.Completed, together)
		for i := range batch {
			batch[i] = command(prefix(first + i))
		}
		for i, result := range client.DoMulti(ctx, batch...) {
			message, err := result.ToMessage()
			if err != nil {
				return failure(err)
			}
			if err := see(first+i, message); err != nil {
				return fmt.Errorf("%w: bucket %d: %w", commands.ErrUnavailable, first+i, err)
			}
		}
	}
	return nil
}

// nothing is for answers that say no more than that it was done.
func nothing(int, rueidis.RedisMessage) error { return nil }

// Dirty implements Keys.
func (k *RedisKeys) Dirty(ctx context.Context) ([]event.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*k.timeout)
	defer cancel()
	return members(ctx, k.client, func(p string) rueidis.Completed { return k.client.B().Smembers().Key(p + "dirty").Build() })
}

func members(ctx context.Context, client Client, command func(p string) rueidis.Completed) (streams []event.Stream, err error) {
	err = all(ctx, client, command, func(_ int, m rueidis.RedisMessage) error {
		names, err := m.AsStrSlice()
		for _, name := range names {
			streams = append(streams, event.Stream(name))
		}
		return err
	})
	return streams, err
}

// Idle implements Keys. What it gives is only a proposal: Evict looks again.
func (k *RedisKeys) Idle(ctx context.Context, idle time.Duration, most int) ([]event.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*k.timeout)
	defer cancel()
	before := time.Now().Add(-idle).UnixMilli() // the clock of Redis decides in Evict
	old, err := members(ctx, k.client, func(p string) rueidis.Completed {
		return k.client.B().Zrange().Key(p+"idle").Min("0").Max(strconv.FormatInt(before, 10)).Byscore().Limit(0, 1000).Build()
	})
	if err != nil {
		return nil, err
	}
	above, err := members(ctx, k.client, func(p string) rueidis.Completed {
		return k.client.B().Zrange().Key(p + "idle").Min("0").Max(strconv.Itoa(-1 - most)).Build()
	})
	streams := append(old, above...)
	slices.Sort(streams)
	return slices.Compact(streams), err
}

// Halted implements Keys.
func (k *RedisKeys) Halted(ctx context.Context) (map[event.Stream]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*k.timeout)
	defer cancel()
	return halted(ctx, k.client)
}

func halted(ctx context.Context, client Client) (map[event.Stream]string, error) {
	found := map[event.Stream]string{}
	err := all(ctx, client, func(p string) rueidis.Completed { return client.B().Hgetall().Key(p + "halted").Build() },
		func(_ int, m rueidis.RedisMessage) error {
			why, err := m.AsStrMap()
			for name, reason := range why {
				found[event.Stream(name)] = reason
			}
			return err
		})
	return found, err
}
