// Package fold runs views: it reads the store's global order after a checkpoint, lets a view turn each event into rows,
// and commits rows and checkpoint in one batch. A view is only ever a function of the events: stopped anywhere and
// started again, it ends with the same rows, and Checksum proves it.
//
// At start the checkpoint is proved: the event it names must be in the store, at its place, with its id. A checkpoint of
// another store, or of a future that a restore took back, makes the view start from nothing; so does another schema.
// An event that a view can't fold is parked with its error, where Parked shows it, and stops nothing else.
//
// It may import projections and domain. The one invariant: rows and checkpoint change together or not at all.
package fold
