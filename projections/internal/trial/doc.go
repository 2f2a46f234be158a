// Package trial is what the tests of the projections run on: an event log and a views folder in memory, both of which
// can be made to fail, and a tiny game that needs no rules library. Only tests import it.
//
// It may import projections and domain. Its log keeps the contract of projections.Log, so that what holds here holds
// over a real store.
package trial
