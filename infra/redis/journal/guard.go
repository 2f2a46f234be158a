package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
)

// ErrUnsafe reports a Redis that can lose an acknowledged move.
var ErrUnsafe = errors.New("this Redis can lose acknowledged moves")

// promises are the settings that Redis must have.
var promises = []struct{ name, value, why string }{
	{"appendonly", "yes", "nothing survives a restart"},
	{"appendfsync", "always", "what was acknowledged since the last sync is lost with the machine"},
	{"no-appendfsync-on-rewrite", "no", "nothing is synced while the append-only file is rewritten"},
	{"maxmemory-policy", "noeviction", "a full Redis throws moves away"},
}

// reports are the values of INFO that Redis must show.
var reports = []struct{ name, value, why string }{
	{"role", "master", "a replica takes no moves"},
	{"cluster_enabled", "0", "the failover of a cluster loses what was not replicated yet"},
	{"connected_slaves", "0", "a replica that is promoted misses the newest moves and nobody would notice"},
	{"aof_last_write_status", "ok", "the append-only file could not be written"},
	{"aof_last_bgrewrite_status", "ok", "the append-only file could not be rewritten"},
}

// Guard looks whether Redis can be trusted with acknowledged moves. All that is wrong is in the error, which wraps
// ErrUnsafe; one that wraps ErrUnavailable or ErrUnknown means that Redis could not be asked.
//
// It sees Redis' own settings and reports, replicas that are connected, and a Sentinel that watches it. It does not see
// a disk that lies about syncing, a failover that is made by other means, or an append-only file that was restored from
// a backup.
func Guard(ctx context.Context, client Client) error {
	info, err := client.Do(ctx, client.B().Info().Build()).ToString()
	if err != nil {
		return failure(err)
	}
	have := parseInfo(info)
	if have["loading"] != "0" { // it will be asked again, and takes no moves until then
		return fmt.Errorf("%w: Redis is still reading its data", commands.ErrUnavailable)
	}
	var wrong []error
	add := func(name, value, want, why string) {
		wrong = append(wrong, fmt.Errorf("%s is %q and must be %q: %s", name, value, want, why))
	}
	if major, err := strconv.Atoi(before(have["redis_version"], ".")); err != nil || major < 7 {
		add("redis_version", have["redis_version"], "7 or later", "its append-only file and its scripts are not what the journal was made for")
	}
	for _, r := range reports {
		if have[r.name] != r.value {
			add(r.name, have[r.name], r.value, r.why)
		}
	}
	names := make([]string, len(promises))
	for i, p := range promises {
		names[i] = p.name
	}
	settings, err := client.Do(ctx, client.B().ConfigGet().Parameter(names...).Build()).AsStrMap()
	switch _, refused := rueidis.IsRedisErr(err); {
	case refused:
		wrong = append(wrong, fmt.Errorf("CONFIG GET is refused, so its settings can't be known: %w", err))
	case err != nil:
		return failure(err)
	default:
		for _, p := range promises {
			if settings[p.name] != p.value {
				add(p.name, settings[p.name], p.value, p.why)
			}
		}
	}
	const hello = "__sentinel__:hello" // every Sentinel listens there on the servers that it watches
	watching, err := client.Do(ctx, client.B().PubsubNumsub().Channel(hello).Build()).AsIntMap()
	switch _, refused := rueidis.IsRedisErr(err); {
	case refused:
		wrong = append(wrong, fmt.Errorf("PUBSUB NUMSUB is refused, so a Sentinel would not be seen: %w", err))
	case err != nil:
		return failure(err)
	case watching[hello] > 0:
		wrong = append(wrong, errors.New("a Sentinel watches it: its failover loses what was not replicated yet"))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%w:\n%w", ErrUnsafe, errors.Join(wrong...))
	}
	return nil
}

func parseInfo(info string) map[string]string {
	have := map[string]string{}
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			have[name] = value
		}
	}
	return have
}

func before(s, sep string) string {
	first, _, _ := strings.Cut(s, sep)
	return first
}

// unanswered tells that Redis or the store could not be asked, which is no verdict.
func unanswered(err error) bool {
	return errors.Is(err, commands.ErrUnavailable) || errors.Is(err, commands.ErrUnknown)
}
