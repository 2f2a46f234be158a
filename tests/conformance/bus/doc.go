// Package bus is the conformance suite of bus.Bus: the interface's comments, turned into checks that run over every bus.
//
// A bus may repeat what it carries and is asked about one topic of its own; every check gets a new one. What a check
// waits for it waits for patiently, because a real broker may be slow.
//
// The one invariant: a check asks only for what the interface promises, so that any correct bus passes.
package bus
