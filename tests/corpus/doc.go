// Package corpus plays real games over real sockets: two players and some spectators each, all at once, through
// whatever happens to the servers meanwhile. Other tests play its games against clusters.
//
// The one invariant: a game that Play does not complain of ended as the PGN says, and everybody saw each version once.
package corpus
