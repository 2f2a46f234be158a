package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"
)

// Config is what a Server needs. Only Store is required.
type Config struct {
	Store    Store
	Logger   *slog.Logger // nil: silent
	Observer Observer     // nil: nobody

	MaxAppendSize      int           // bytes of one append's events together; 0: 256 MiB, as servers since 25.1
	MaxAppendEventSize int           // bytes of one event, at most MaxAppendSize; 0: 16 MiB, or MaxAppendSize if that is less
	CommitTimeout      time.Duration // after it, and a quarter more, a write is answered with Aborted; 0: 2 s
	RecentIDs          int           // event ids remembered for appends that expect no revision; 0: 65,536
	Advertise          string        // host:port for clients that ask for the cluster; "": the address they came to
	Version            string        // claimed to clients; "": 26.1.0

	// Fault makes calls go wrong, for tests. It is asked once for each call that reads or writes, before it does. It may
	// block, which holds the call up; ctx is the call's. nil: nothing goes wrong.
	Fault func(ctx context.Context, call Call) Fault
}

const (
	defaultAppendSize      = 256 << 20
	defaultAppendEventSize = 16 << 20
	defaultCommitTimeout   = 2 * time.Second
	defaultRecentIDs       = 1 << 16
	defaultVersion         = "26.1.0"

	maxMessage = 16_767_216 // bytes of one gRPC message that the real server takes
	maxStreams = 100        // calls in flight on one connection
)

// prepare fills in what is not set and reports all mistakes at once.
func (c *Config) prepare() error {
	var errs []error
	if c.Store == nil {
		errs = append(errs, errors.New("no store"))
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Observer == nil {
		c.Observer = nobody{}
	}
	if c.MaxAppendSize == 0 {
		c.MaxAppendSize = defaultAppendSize
	}
	if c.MaxAppendEventSize == 0 {
		c.MaxAppendEventSize = min(defaultAppendEventSize, c.MaxAppendSize)
	}
	if c.MaxAppendSize < 0 || c.MaxAppendEventSize < 0 || c.MaxAppendEventSize > c.MaxAppendSize {
		errs = append(errs, fmt.Errorf("one event may have %d bytes, all events of an append %d", c.MaxAppendEventSize, c.MaxAppendSize))
	}
	if c.CommitTimeout <= 0 {
		c.CommitTimeout = defaultCommitTimeout
	}
	if c.RecentIDs <= 0 {
		c.RecentIDs = defaultRecentIDs
	}
	if c.Version == "" {
		c.Version = defaultVersion
	}
	if c.Advertise != "" {
		if _, _, err := splitAddress(c.Advertise); err != nil {
			errs = append(errs, fmt.Errorf("address to advertise: %w", err))
		}
	}
	return errors.Join(errs...)
}

func splitAddress(address string) (host string, port uint32, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return host, uint32(n), err
}
