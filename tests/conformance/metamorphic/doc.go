// Package metamorphic runs one random script of commands over every kind of event store, with snapshots at every event,
// at every seventh and never, with and without restarts at random points: the games must end with the same hashes,
// because nothing of that may matter.
//
// The one invariant: the script depends on nothing but its seed and the games' own states, so any difference is a
// difference in what was stored or read back.
package metamorphic
