package redis

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// dial is how the library wants connections to be made.
type dial = func(ctx context.Context, address string, d *net.Dialer, config *tls.Config) (net.Conn, error)

// dialer makes connections that all callers will share, so it looks at its own time and not at that of the caller who
// happened to come first: many impatient callers would else never get one made. other replaces TCP if it is not nil.
func dialer(other dial, timeout time.Duration) dial {
	return func(ctx context.Context, address string, d *net.Dialer, config *tls.Config) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		conn, err := connect(ctx, other, address, d, config)
		if err != nil {
			return nil, notSent{err}
		}
		return conn, nil
	}
}

func connect(ctx context.Context, other dial, address string, d *net.Dialer, config *tls.Config) (net.Conn, error) {
	switch {
	case other != nil:
		return other(ctx, address, d, config)
	case config != nil:
		secure := tls.Dialer{NetDialer: d, Config: config}
		return secure.DialContext(ctx, "tcp", address)
	default:
		return d.DialContext(ctx, "tcp", address)
	}
}
