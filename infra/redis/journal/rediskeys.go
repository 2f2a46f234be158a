package journal

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

//go:embed append.lua
var appendLua string

//go:embed read.lua
var readLua string

//go:embed trim.lua
var trimLua string

//go:embed evict.lua
var evictLua string

//go:embed halt.lua
var haltLua string

// RedisKeys are the Keys in a real Redis. Make it with NewKeys.
type RedisKeys struct {
	client      Client
	incarnation string
	timeout     time.Duration

	append, read, trim, evict, halt *rueidis.Lua
}

var _ Keys = (*RedisKeys)(nil)

// NewKeys speaks to Redis about one incarnation of the journal; Agree gives it. Every call is given up after timeout.
// The client is the caller's, also to close.
func NewKeys(client Client, incarnation string, timeout time.Duration) *RedisKeys {
	return &RedisKeys{
		client: client, incarnation: incarnation, timeout: timeout,
		append: rueidis.NewLuaScript(appendLua),
		read:   rueidis.NewLuaScriptReadOnly(readLua),
		trim:   rueidis.NewLuaScript(trimLua),
		evict:  rueidis.NewLuaScript(evictLua),
		halt:   rueidis.NewLuaScript(haltLua),
	}
}

// exec runs a script. A command that was given to the client may be sent even after its caller has gone.
func (k *RedisKeys) exec(ctx context.Context, script *rueidis.Lua, keys, args []string) ([]rueidis.RedisMessage, error) {
	message, err := k.run(ctx, script, keys, args)
	if err != nil {
		return nil, err
	}
	answer, err := message.ToArray()
	if err != nil {
		return nil, fmt.Errorf("%w: Redis answered: %v", commands.ErrUnknown, err)
	}
	return answer, nil
}

func (k *RedisKeys) run(ctx context.Context, script *rueidis.Lua, keys, args []string) (rueidis.RedisMessage, error) {
	if err := ctx.Err(); err != nil {
		return rueidis.RedisMessage{}, fmt.Errorf("%w: %w", commands.ErrUnavailable, err)
	}
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	message, err := k.client.Exec(ctx, script, keys, args).ToMessage()
	if err != nil {
		return message, failure(err)
	}
	return message, nil
}

// Append implements Keys.
func (k *RedisKeys) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded, seed *Seed) (Answer, error) {
	p := prefix(Bucket(stream))
	args := make([]string, 0, 5+4*len(events))
	args = append(args, k.incarnation, string(stream), strconv.FormatUint(expected, 10), "", strconv.Itoa(len(events)))
	if seed != nil {
		args[3] = strconv.FormatUint(seed.Gen, 10)
	}
	for i := range events {
		e := &events[i]
		args = append(args, e.Type, rueidis.BinaryString(e.Meta), rueidis.BinaryString(e.Data), string(e.ID[:]))
	}
	keys := []string{p + "gen", p + "dirty", p + "halted", p + "head:" + string(stream), p + "tail:" + string(stream)}
	answer, err := k.exec(ctx, k.append, keys, args)
	if err != nil {
		return Answer{}, err
	}
	verdict, number, err := pair(answer)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: Redis answered: %v", commands.ErrUnknown, err)
	}
	switch verdict {
	case "appended":
		return Answer{Verdict: Appended, Head: number}, nil
	case "repeated":
		return Answer{Verdict: Repeated, Head: number}, nil
	case "conflict":
		return Answer{Verdict: Conflict, Head: number}, nil
	case "older":
		return Answer{Verdict: Older, Floor: number}, nil
	case "absent":
		return Answer{Verdict: Absent, Gen: number}, nil
	case "stopped":
		return Answer{Verdict: Stopped}, nil
	case "closed":
		return Answer{Verdict: Closed}, nil
	case "estranged":
		return Answer{Verdict: Estranged}, nil
	}
	return Answer{}, fmt.Errorf("%w: Redis answered %q", commands.ErrUnknown, verdict)
}

func pair(answer []rueidis.RedisMessage) (word string, number uint64, err error) {
	if len(answer) != 2 {
		return "", 0, fmt.Errorf("%d values", len(answer))
	}
	if word, err = answer[0].ToString(); err != nil {
		return "", 0, err
	}
	text, err := answer[1].ToString()
	if err != nil {
		return "", 0, err
	}
	number, err = strconv.ParseUint(text, 10, 64)
	return word, number, err
}

// Read implements Keys.
func (k *RedisKeys) Read(ctx context.Context, stream event.Stream, from uint64, limit int) (Tail, error) {
	p := prefix(Bucket(stream))
	keys := []string{p + "gen", p + "halted", p + "head:" + string(stream), p + "tail:" + string(stream)}
	answer, err := k.exec(ctx, k.read, keys, []string{k.incarnation, string(stream), strconv.FormatUint(from, 10), strconv.Itoa(limit)})
	if err != nil {
		return Tail{}, err
	}
	tail, err := parseTail(stream, answer)
	if err != nil {
		return Tail{}, fmt.Errorf("%w: %w", commands.ErrUnavailable, err)
	}
	return tail, nil
}

func parseTail(stream event.Stream, answer []rueidis.RedisMessage) (Tail, error) {
	if len(answer) != 4 {
		return Tail{}, fmt.Errorf("Redis answered %d values", len(answer))
	}
	var words [3]string
	for i := range words {
		var err error
		if words[i], err = answer[i].ToString(); err != nil {
			return Tail{}, fmt.Errorf("Redis answered: %w", err)
		}
	}
	if words[0] == "estranged" {
		return Tail{}, ErrEstranged
	}
	t := Tail{Halted: words[2], Present: words[1] != ""}
	var errs [3]error
	t.Gen, errs[0] = strconv.ParseUint(words[0], 10, 64)
	if t.Present {
		t.Head, errs[1] = strconv.ParseUint(words[1], 10, 64)
	}
	entries, err := answer[3].ToArray()
	errs[2] = err
	if err := errors.Join(errs[:]...); err != nil {
		return Tail{}, fmt.Errorf("Redis answered: %w", err)
	}
	t.Entries = make([]Entry, len(entries))
	for i := range entries {
		if t.Entries[i], err = parseEntry(stream, entries[i]); err != nil {
			return Tail{}, fmt.Errorf("tail of %s, entry %d: %w", stream, i, err)
		}
	}
	return t, nil
}

func parseEntry(stream event.Stream, message rueidis.RedisMessage) (Entry, error) {
	parts, err := message.ToArray()
	if err != nil || len(parts) != 2 {
		return Entry{}, fmt.Errorf("not an entry: %d parts, %w", len(parts), err)
	}
	name, err := parts[0].ToString()
	if err != nil {
		return Entry{}, err
	}
	fields, err := parts[1].AsStrSlice()
	if err != nil || len(fields) != 10 {
		return Entry{}, fmt.Errorf("%d fields, %w", len(fields), err)
	}
	version, ok := strings.CutPrefix(name, "0-")
	if !ok || fields[0] != "type" || fields[2] != "meta" || fields[4] != "data" || fields[6] != "id" || fields[8] != "end" {
		return Entry{}, fmt.Errorf("entry %q has the fields %q, %q, %q, %q, %q", name, fields[0], fields[2], fields[4], fields[6], fields[8])
	}
	e := Entry{Recorded: event.Recorded{Stream: stream, Type: fields[1], Meta: []byte(fields[3]), Data: []byte(fields[5])}}
	if copy(e.ID[:], fields[7]) != len(e.ID) {
		return Entry{}, fmt.Errorf("entry %q has an id of %d bytes", name, len(fields[7]))
	}
	if e.Version, err = strconv.ParseUint(version, 10, 64); err != nil {
		return Entry{}, err
	}
	e.End, err = strconv.ParseUint(fields[9], 10, 64)
	return e, err
}

// Trim implements Keys.
func (k *RedisKeys) Trim(ctx context.Context, stream event.Stream, upTo uint64) (int, error) {
	p := prefix(Bucket(stream))
	keys := []string{p + "gen", p + "dirty", p + "idle", p + "head:" + string(stream), p + "tail:" + string(stream)}
	n, err := k.number(ctx, k.trim, keys, []string{k.incarnation, string(stream), strconv.FormatUint(upTo, 10)})
	return int(n), err
}

// Evict implements Keys.
func (k *RedisKeys) Evict(ctx context.Context, stream event.Stream, idle time.Duration) (bool, error) {
	p := prefix(Bucket(stream))
	keys := []string{p + "gen", p + "idle", p + "head:" + string(stream), p + "tail:" + string(stream)}
	n, err := k.number(ctx, k.evict, keys, []string{k.incarnation, string(stream), strconv.FormatInt(idle.Milliseconds(), 10)})
	return n == 1, err
}

// Halt implements Keys.
func (k *RedisKeys) Halt(ctx context.Context, stream event.Stream, why string) error {
	p := prefix(Bucket(stream))
	_, err := k.number(ctx, k.halt, []string{p + "gen", p + "halted"}, []string{k.incarnation, string(stream), why})
	return err
}

// number runs a script that answers a number, -1 for another incarnation.
func (k *RedisKeys) number(ctx context.Context, script *rueidis.Lua, keys, args []string) (int64, error) {
	message, err := k.run(ctx, script, keys, args)
	if err != nil {
		return 0, err
	}
	n, err := message.AsInt64()
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: Redis answered: %v", commands.ErrUnknown, err)
	case n < 0:
		return 0, fmt.Errorf("%w: %w", commands.ErrUnavailable, ErrEstranged)
	}
	return n, nil
}
