// Package corpus plays real games through a real server process: two players and a spectator each, all at once, with
// the server killed and started again in the middle.
package corpus
