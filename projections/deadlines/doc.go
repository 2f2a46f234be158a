// Package deadlines is the view behind the policy of the same name: which unfinished games run out of something, and
// when. It is folded from the events alone, without the rules of any game, so that it costs little on every move; for
// games of two it is exact but for the lag that may still be forgiven, for others it may be early, never late. Whoever is
// woken by it decides for himself: the game is asked, the view is only a hint.
//
// It may import projections, its fold, and domain. The one invariant: no game with something due is missing.
package deadlines
