// Package robustness kills a real server process again and again while clients play, watch and retry, and holds what the
// clients saw against what the log says. The shape is that of etcd's tests of the same name: traffic, faults, a
// recorded history, a checker.
//
// The one invariant: the checker must be able to see. Every rule of it has a test with a history in which that rule, and
// no other, is broken.
package robustness
