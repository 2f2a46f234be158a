// Package upgrade proves that releases can follow one another: every event that some release has stored is read by this
// one, and servers of the previous release and of this one share a store.
//
// The one invariant: testdata is only ever added to. What stands in it stands in somebody's store.
package upgrade
