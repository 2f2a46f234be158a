// Package arch checks the shape of the repository: who imports whom, what the domain keeps away from, how long files
// and how deep folders are, that every package says what it is, and what may lie at the top.
//
// The rules stand in rules.go as data, in the order of the README's picture: data flows one way, and nothing flows
// from right to left except through the event store. The checker is proved on a small bad tree (testdata/bad.txt) in
// which every rule is broken once.
//
// It imports the standard library only.
package arch
