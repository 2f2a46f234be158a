// Package auth says who somebody is and what they may do: bearer tokens (ours for guests, a site's own for its
// users), invitations to seats, names, scopes and revocations. It imports the domain, the JWT library and the key set
// library, and nothing of it is needed anywhere else.
//
//	token.go    Authority, Verify: whom a token names
//	guest.go    people without an account
//	keys.go     a site's keys; our own key file
//	invite.go   invitations
//	revoke.go   tokens that are no longer believed
//	name.go     which names people may give themselves
//	request.go  where a request carries its token
//
// The one invariant: a person is believed only with a signature by a key that is ours or configured, of a method that
// belongs to that key. A token names a person, never a seat.
package auth
