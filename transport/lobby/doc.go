// Package lobby is the one feed behind all lobby sockets: it knows the open games, encodes every change once, and gives it
// to whoever looks. Changes that come close together leave as one message, and a game that opened and closed in between
// is not spoken of.
//
// It may import the wire format. The one invariant: somebody who has read everything that was sent knows exactly the games
// that the feed has shown last; who could not keep up is told all of them anew.
package lobby
