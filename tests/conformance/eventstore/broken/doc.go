// Package broken holds event stores that are wrong on purpose, each in one way that real stores have been wrong in. The
// conformance suite must reject every one, by the check that is meant to see it; the store without a fault passes. So
// the suite is known to see.
//
// The one invariant: a fault changes one behaviour of the sound store and nothing else.
package broken
