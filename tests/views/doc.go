// Package views proves the folding of views with real processes: a rebuild that is killed again and again, under load and
// before the eyes of readers, and two servers that fold the same store.
//
// It may import everything. The one invariant: a reader sees every game that was there before the rebuild began.
package views
