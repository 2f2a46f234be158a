package rest

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
)

// Health is whether this server wants visitors. It depends on nothing but the server's own will: one that lost its
// store for a moment must not lose its spectators for it. The zero Health is starting. Safe for concurrent use.
type Health struct {
	phase   atomic.Int32
	once    sync.Once
	leaving context.Context // ends with Drain
	leave   context.CancelFunc
}

// The phases, in the order in which a server passes them.
const (
	starting int32 = iota
	accepting
	draining
)

// Accept says that the server is ready, unless it drains already.
func (h *Health) Accept() { h.phase.CompareAndSwap(starting, accepting) }

// Drain says that the server wants nobody new. It can't be taken back.
func (h *Health) Drain() {
	h.phase.Store(draining)
	h.Leaving()
	h.leave()
}

// Leaving is a context that ends when Drain is called, for answers that would not end by themselves.
func (h *Health) Leaving() context.Context {
	h.once.Do(func() { h.leaving, h.leave = context.WithCancel(context.Background()) })
	return h.leaving
}

// Draining tells whether Drain was called.
func (h *Health) Draining() bool { return h.phase.Load() == draining }

type healthReply struct {
	Status string `json:"status"`
}

// ready answers proxies. 404 while draining is what HAProxy's "http-check disable-on-404" asks for: nobody new is sent
// here, and nobody is cut.
func (h *Health) ready(w http.ResponseWriter, _ *http.Request) error {
	switch h.phase.Load() {
	case accepting:
		return reply(w, http.StatusOK, healthReply{"ready"})
	case draining:
		return reply(w, http.StatusNotFound, healthReply{"draining"})
	default:
		return reply(w, http.StatusServiceUnavailable, healthReply{"starting"})
	}
}

// livez tells that the process answers.
func livez(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, healthReply{"alive"})
}
