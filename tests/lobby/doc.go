// Package lobby proves the lobby on real servers: a hundred people who look for an opponent at once, on one server and on
// two over a shared store, while servers are killed; and what the lobby socket shows to those who look on.
//
// The one invariant: who plays whom is judged by what every one of them was shown, and by the games themselves.
package lobby
