package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Config says where Redis is and how patient we are with it.
type Config struct {
	// Address is "redis://user:password@host:port/db", "rediss://..." for TLS, "unix:///path", or "host:port". Options in
	// the URL are refused: several addresses, or Sentinel, mean a failover that loses acknowledged writes.
	Address string
	// Prefix is in front of every key and channel, so that several sites can share a Redis; empty means "ply:".
	Prefix string
	// DialTimeout bounds the making of a connection, in total; zero means 1 s.
	DialTimeout time.Duration
	// Silence is how long a connection may not answer before it is given up and all that waits on it fails; zero means
	// 2 s. A call's own context usually ends sooner.
	Silence time.Duration
	// Observer is told how calls end; nil = nobody is.
	Observer Observer
	Logger   *slog.Logger
}

// Sizes of a connection. The library's own are made for one client that fills a machine: half a MiB each way.
const (
	connBuffer = 64 << 10
	ringScale  = 10 // 1,024 commands under way on one connection
)

// Client talks to one Redis server over few shared connections; commands of concurrent callers travel together. All
// methods are safe for concurrent use, and none outlives the context of its call.
type Client struct {
	raw      rueidis.Client
	prefix   string
	observer Observer
	log      *slog.Logger
}

// Open makes a client. A Redis that does not answer now is only warned of: it is tried again with each call. A mistake
// in the configuration, or a Redis that refuses us, is an error. Close the client when nothing uses it any more.
func Open(c Config) (*Client, error) {
	option, err := c.option()
	if err != nil {
		return nil, err
	}
	if c.Prefix == "" {
		c.Prefix = "ply:"
	}
	if c.Observer == nil {
		c.Observer = noObserver{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	raw, err := rueidis.NewClient(option)
	if refusal := new(rueidis.RedisError); errors.As(err, &refusal) || raw == nil {
		if raw != nil {
			raw.Close()
		}
		return nil, fmt.Errorf("redis at %s: %w", option.InitAddress[0], err)
	}
	if err != nil {
		c.Logger.Warn("redis does not answer yet", "address", option.InitAddress[0], "error", err)
	}
	return &Client{raw: raw, prefix: c.Prefix, observer: c.Observer, log: c.Logger}, nil
}

// option translates the configuration into the library's. Errors never show the address, which may hold a password.
func (c *Config) option() (rueidis.ClientOption, error) {
	address := c.Address
	if !strings.Contains(address, "://") {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return rueidis.ClientOption{}, errors.New("redis address: neither host:port nor a redis:// URL")
		}
		address = "redis://" + address
	}
	if strings.Contains(address, "?") {
		return rueidis.ClientOption{}, errors.New("redis address: options in the URL are not supported")
	}
	option, err := rueidis.ParseURL(address)
	if err != nil {
		return option, errors.New("redis address: not a redis:// URL")
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = time.Second
	}
	if c.Silence == 0 {
		c.Silence = 2 * time.Second
	}
	option.ForceSingleClient = true // else a server is first taken for a cluster
	option.DisableCache = true
	option.DisableRetry = true // a caller knows better whether it still has time
	option.Dialer.Timeout = c.DialTimeout
	option.Dialer.KeepAlive = time.Second // also the pace of the library's pings on a silent connection
	option.ConnWriteTimeout = c.Silence
	option.ReadBufferEachConn, option.WriteBufferEachConn = connBuffer, connBuffer
	option.RingScaleEachConn = ringScale
	option.PipelineMultiplex = 1 // two connections
	option.BlockingPoolSize = 64
	// Without it a lone call is read on the caller's goroutine, and a context that ends takes the connection along, with
	// everybody else's calls.
	option.AlwaysPipelining = true
	option.DialCtxFn = dialer(option.DialCtxFn, c.DialTimeout)
	return option, nil
}

// Close ends the connections. Calls under way fail.
func (c *Client) Close() { c.raw.Close() }

// Key joins the prefix and parts to a key or channel: Key("snapshot", id) is "ply:snapshot:<id>".
func (c *Client) Key(parts ...string) string { return c.prefix + strings.Join(parts, ":") }

// B builds a command. It is used up by the call that carries it out; Pin it to use it again.
func (c *Client) B() rueidis.Builder { return c.raw.B() }

// Do carries out a command. When ctx ends first its outcome is not known: what is on its way can't be taken back. See
// NotSent, Answered and Failed for what errors say.
func (c *Client) Do(ctx context.Context, cmd rueidis.Completed) rueidis.RedisResult {
	return c.one(ctx, func() rueidis.RedisResult { return c.raw.Do(ctx, cmd) })
}

// Exec carries out a script, which is atomic. Use scripts that are harmless twice: an outcome may stay unknown.
func (c *Client) Exec(ctx context.Context, script *rueidis.Lua, keys, args []string) rueidis.RedisResult {
	return c.one(ctx, func() rueidis.RedisResult { return script.Exec(ctx, c.raw, keys, args) })
}

func (c *Client) one(ctx context.Context, call func() rueidis.RedisResult) rueidis.RedisResult {
	since := time.Now()
	result := within(ctx, call, rueidis.NewErrorResult)
	c.observer.Called(time.Since(since).Seconds(), result.NonRedisError() == nil)
	return result
}

// DoMulti carries out commands in their order and in one go, but not as a transaction: others' may come between. There
// are as many results as commands.
func (c *Client) DoMulti(ctx context.Context, cmds ...rueidis.Completed) []rueidis.RedisResult {
	if len(cmds) == 0 {
		return nil
	}
	return c.many(ctx, len(cmds), func() []rueidis.RedisResult { return c.raw.DoMulti(ctx, cmds...) })
}

// ExecMulti carries out one script several times in one go, once for each pair of keys and arguments. Each time is
// atomic, all together are not. It costs a second round trip, which makes sure that Redis knows the script.
func (c *Client) ExecMulti(ctx context.Context, script *rueidis.Lua, each ...rueidis.LuaExec) []rueidis.RedisResult {
	if len(each) == 0 {
		return nil
	}
	return c.many(ctx, len(each), func() []rueidis.RedisResult { return script.ExecMulti(ctx, c.raw, each...) })
}

func (c *Client) many(ctx context.Context, n int, call func() []rueidis.RedisResult) []rueidis.RedisResult {
	since := time.Now()
	results := within(ctx, call, func(err error) []rueidis.RedisResult {
		all := make([]rueidis.RedisResult, n)
		for i := range all {
			all[i] = rueidis.NewErrorResult(err)
		}
		return all
	})
	c.observer.Called(time.Since(since).Seconds(), results[n-1].NonRedisError() == nil)
	return results
}

// Ping asks whether Redis answers.
func (c *Client) Ping(ctx context.Context) error {
	return Failed("ping", c.Do(ctx, c.B().Ping().Build()).Error())
}

// within races a call against its context. The library waits without looking at it when many commands are under way on
// a connection that does not answer, and while another caller's connection is being made. A call that lost the race ends
// by itself, at the latest when the connection is given up for its silence.
func within[T any](ctx context.Context, call func() T, failed func(error) T) T {
	if err := ctx.Err(); err != nil {
		return failed(notSent{err})
	}
	if ctx.Done() == nil {
		return call()
	}
	answered := make(chan T, 1)
	go func() { answered <- call() }()
	select {
	case answer := <-answered:
		return answer
	case <-ctx.Done():
	}
	select { // it may just have come
	case answer := <-answered:
		return answer
	default:
		return failed(ctx.Err())
	}
}
