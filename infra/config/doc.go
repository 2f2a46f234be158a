// Package config holds the settings of a server: their flags, environment variables, defaults and explanations (one
// struct with tags is all three), and the check that reports all mistakes at once. It imports the standard library.
//
// The one invariant: nothing else in ply reads the environment, and a Config that was returned without an error holds
// only values that the server can run with.
package config
