// Package upgrade proves that releases can follow one another: whatever some release has stored is read by this one, or made
// anew, and servers of the last release and of this one share a store.
//
// testdata holds what was recorded of each version, under a name of its own: the commit of a release, or any other for a
// version in between.
//
//	events/NAME.jsonl     all events that it writes, with the heads of their hash chains
//	snapshots/NAME-GAME   snapshots of the same games
//	folders/NAME.tar.gz   a data folder as a server of it has left it: store, snapshots and views
//	folders/NAME.json     what that server showed of it
//
// Who changes what is stored, or releases, records it. A new event is played in play_test.go first; another form of an event
// gets a new name, one of a snapshot another snapshotSchema, one of a view's rows another Schema.
//
//	go test ./tests/upgrade -run=TestRecord$ -record=NAME
//
// Who releases also moves previous in previous_test.go on: it is the commit that the servers of the last release are built
// from, out of the repository's own history.
//
// The one invariant: testdata is only ever added to. What stands in it stands in somebody's store.
package upgrade
