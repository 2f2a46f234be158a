// Package metrics counts what the server does, for Prometheus. It satisfies the observer interfaces of all other
// packages without importing them; it imports the Prometheus client only.
//
// The one invariant: no label ever holds a game, a person or anything else that a client can make up, so the number of
// series is fixed.
package metrics
