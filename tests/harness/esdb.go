package harness

import (
	"fmt"
	"net"
	"testing"

	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/pebble"
)

// ESDB is an embedded store served over EventStoreDB's protocol, inside the test's process. Not safe for concurrent
// use, but clients may be connected all the while.
type ESDB struct {
	Store  *pebble.Store
	Server *esdbserver.Server

	pebble  pebble.Config
	config  esdbserver.Config
	address string
	served  chan error
}

// ServeESDB opens a store and serves it on a free port until the test ends. config.Store is set here.
func ServeESDB(t testing.TB, store pebble.Config, config esdbserver.Config) *ESDB {
	t.Helper()
	e, err := NewESDB(store, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close the served store: %v", err)
		}
	})
	return e
}

// NewESDB is ServeESDB for who closes by itself.
func NewESDB(store pebble.Config, config esdbserver.Config) (*ESDB, error) {
	e := &ESDB{pebble: store, config: config, address: "127.0.0.1:0"}
	return e, e.open()
}

// Address is host:port; it stays over Reopen.
func (e *ESDB) Address() string { return e.address }

// URL is the connection string of EventStoreDB's client.
func (e *ESDB) URL() string { return "esdb://" + e.address + "?tls=false" }

func (e *ESDB) open() error {
	store, err := pebble.Open(e.pebble)
	if err != nil {
		return err
	}
	e.config.Store = store
	server, err := esdbserver.New(e.config)
	if err != nil {
		_ = store.Close()
		return err
	}
	listener, err := net.Listen("tcp", e.address)
	if err != nil {
		server.Close()
		_ = store.Close()
		return err
	}
	e.Store, e.Server, e.address = store, server, listener.Addr().String()
	served := make(chan error, 1)
	e.served = served
	go func() { served <- server.Serve(listener) }()
	return nil
}

// Close breaks all calls off and closes the store. Closing again does nothing.
func (e *ESDB) Close() error {
	if e.Server == nil {
		return nil
	}
	e.Server.Close()
	err := <-e.served
	if closing := e.Store.Close(); err == nil {
		err = closing
	}
	e.Server = nil
	return err
}

// Reopen closes it, if it is open, and serves the same folder again at the same address. A new folder may be put in
// its place first with Move.
func (e *ESDB) Reopen() error {
	if err := e.Close(); err != nil {
		return fmt.Errorf("close before opening again: %w", err)
	}
	return e.open()
}

// Move says which folder the next Reopen opens.
func (e *ESDB) Move(store pebble.Config) { e.pebble = store }

// Crash leaves everything as it is, for a test that has cut the power: the old server and store are closed, whatever
// they say, and store is served at the same address.
func (e *ESDB) Crash(store pebble.Config) error {
	_ = e.Close()
	e.pebble = store
	return e.open()
}
