// Package ratings plays rated games on a real server and holds what it says of people to what happened: ratings appear,
// survive kills, equal a view folded anew, and names of erased people are gone from the disk. It may import everything.
package ratings
