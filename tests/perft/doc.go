// Package perft counts the leaves of the tree of legal moves from known positions and compares with published
// numbers. It drives domain/games/chess as any host does, through Prepare, Start, Legal moves and Play, so a mistake
// in the rules library or in what we put around it shows as a wrong count.
//
// The counts are in tests/testdata/perft/tricky.perft.
package perft
