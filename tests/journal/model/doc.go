// Package model is a model of the journal's Redis, for tests that need one which is quick and never surprises.
//
// The one invariant: it answers as the scripts do in a real Redis; TestModelIsRedis of tests/journal holds the two against
// each other.
package model
