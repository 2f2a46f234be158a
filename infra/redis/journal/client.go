package journal

import (
	"context"

	"github.com/redis/rueidis"
)

// Client is a connection to one Redis server, not to a cluster; infra/redis has it. A call must fail with an error that
// wraps a net.OpError of "dial" if it was not sent for want of a connection. Safe for concurrent use.
type Client interface {
	// B builds a command.
	B() rueidis.Builder
	// Do carries out one command.
	Do(ctx context.Context, cmd rueidis.Completed) rueidis.RedisResult
	// DoMulti carries out commands in their order.
	DoMulti(ctx context.Context, cmds ...rueidis.Completed) []rueidis.RedisResult
	// Exec carries out a script.
	Exec(ctx context.Context, script *rueidis.Lua, keys, args []string) rueidis.RedisResult
}
