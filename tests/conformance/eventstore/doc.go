// Package eventstore is the conformance suite of commands.EventStore: the port's comments, turned into checks that
// run over every adapter. An adapter's test is a few lines: see pebble_test.go.
//
// A store may be shared and hold other people's events: every check makes streams of its own with random names and
// looks at nothing else. What not every store can do (to be opened again, to have its power cut) is optional in the
// Harness; the checks that need it are skipped. A store whose global order comes later than its streams says how to wait for
// it (Settle).
//
// The one invariant: a check asks only for what the port promises, so that any correct store passes; the folder broken
// proves that incorrect ones do not.
package eventstore
