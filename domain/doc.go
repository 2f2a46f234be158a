// Package domain is the root of what is true of games: facts (event), the aggregate and the plug-in
// interface (game), time controls (clock) and the games themselves (games/...).
//
// Everything below this folder is pure: standard library only (games/chess alone also imports the rules
// library), no I/O, no time of day, no randomness, no logging. Whatever comes from outside arrives as an
// argument and is recorded in an event, so that a replay needs nothing else.
//
// This package itself holds the one error type that every refusal is made of.
package domain
