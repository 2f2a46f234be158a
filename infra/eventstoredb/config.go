package eventstoredb

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Config says which store to use. Only ConnectionString must be set.
type Config struct {
	// ConnectionString is "esdb://host:2113?tls=false", "esdb://user:secret@a:2113,b:2113,c:2113" or
	// "esdb+discover://name:2113", with the settings of the official client.
	ConnectionString string
	// Logger is told of connections lost and made; nil = slog.Default.
	Logger *slog.Logger
	// Observer is told of everything; nil = nobody.
	Observer Observer
	// MaxAppendBytes is the most that one append may hold: the sum of data, metadata and twice the characters of the
	// type of its events. Zero means 1 MiB, what servers before 25.1 take.
	MaxAppendBytes int
	// MaxEventBytes is the same for one event. Zero means MaxAppendBytes, but never more than 16,000,000.
	MaxEventBytes int
	// MaxInFlight is how many calls a connection may carry at once. Zero means 90; servers take 100.
	MaxInFlight int
	// Deadline is when an append without a nearer one is given up, how long any call waits for a connection, and how
	// long a read that must see something waits for it. Zero means the connection string's defaultDeadline, else 2 s.
	Deadline time.Duration
	// PageEvents is how many events are read by one call. Zero means 1024.
	PageEvents int
}

// Limits that are not the user's.
const (
	defaultAppendBytes = 1 << 20
	mostEventBytes     = 16_000_000 // a gRPC message takes 16,767,216 bytes
	defaultInFlight    = 90
	defaultDeadline    = 2 * time.Second
	defaultPage        = 1024
	firstPage          = 128     // most games fit in
	pageBytes          = 4 << 20 // a page with large events ends early
	readDeadline       = 15 * time.Second
)

// settings are those that the client knows; it prints a line on the console for any other.
var settings = map[string]bool{
	"discoveryinterval": true, "gossiptimeout": true, "maxdiscoverattempts": true, "nodepreference": true,
	"keepaliveinterval": true, "keepalivetimeout": true, "tls": true, "tlscafile": true, "usercertfile": true,
	"userkeyfile": true, "tlsverifycert": true, "defaultdeadline": true,
}

// client checks everything and gives the client's own configuration.
func (c *Config) client() (*esdb.Configuration, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Observer == nil {
		c.Observer = nobody{}
	}
	conf, err := parse(c.ConnectionString, c.Logger)
	if err != nil {
		return nil, err
	}
	if conf.DefaultDeadline != nil && c.Deadline == 0 {
		c.Deadline = *conf.DefaultDeadline
	}
	for _, limit := range []struct {
		value *int
		zero  int
	}{{&c.MaxAppendBytes, defaultAppendBytes}, {&c.MaxInFlight, defaultInFlight}, {&c.PageEvents, defaultPage}} {
		if *limit.value <= 0 {
			*limit.value = limit.zero
		}
	}
	if c.MaxEventBytes <= 0 {
		c.MaxEventBytes = c.MaxAppendBytes
	}
	c.MaxEventBytes = min(c.MaxEventBytes, mostEventBytes)
	c.PageEvents = max(c.PageEvents, 2) // a page that begins with the event before must show another
	if c.Deadline <= 0 {
		c.Deadline = defaultDeadline
	}
	// A client whose discovery fails is dead, and its callers wait meanwhile. So it gets one attempt, and we make another
	// client.
	conf.MaxDiscoverAttempts, conf.DiscoveryInterval = 1, 0
	return conf, nil
}

// parse reads a connection string, and refuses what the client would misunderstand. No error repeats the string: it may
// hold a password.
func parse(s string, log *slog.Logger) (*esdb.Configuration, error) {
	scheme, _, found := strings.Cut(s, "://")
	switch {
	case !found:
		return nil, errors.New("event store: a connection string begins with esdb:// or esdb+discover://")
	case strings.HasPrefix(scheme, "kurrent"), strings.HasPrefix(scheme, "kdb"):
		return nil, fmt.Errorf("event store: the client does not know the scheme %s://; write esdb:// (esdb+discover:// for a DNS name of a cluster), it is the same protocol", scheme)
	}
	base, query, _ := strings.Cut(s, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("event store: the settings of the connection string can't be read")
	}
	for name, all := range values {
		switch key := strings.ToLower(name); {
		case !settings[key]:
			log.Warn("event store: the client does not know a setting of the connection string; it is left out", "setting", name)
			values.Del(name)
		case key == "defaultdeadline":
			// The client takes an invalid one for 0 ms, and every append fails.
			if ms, err := strconv.Atoi(all[0]); err != nil || ms < 1 {
				return nil, fmt.Errorf("event store: defaultDeadline=%q is not a number of milliseconds above 0", all[0])
			}
		}
	}
	if len(values) > 0 {
		base += "?" + values.Encode()
	}
	conf, err := esdb.ParseConnectionString(base)
	var bad *url.Error
	if errors.As(err, &bad) {
		err = bad.Err
	}
	if err != nil {
		return nil, fmt.Errorf("event store: connection string: %w", err)
	}
	if err := conf.Validate(); err != nil {
		return nil, fmt.Errorf("event store: connection string: %w", err)
	}
	return conf, nil
}
