// Package app is the composition root: it builds one server out of adapters, use cases, views and edges, runs it, and
// takes it down in order. The command line and the tests build the same App. It imports everything but the command line.
//
// The one invariant: a part is started after all that it uses and stopped before it, and nothing is accepted until
// everything stands.
package app
