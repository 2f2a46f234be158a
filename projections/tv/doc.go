// Package tv chooses the games that are worth looking at: by the ratings of those who play and by how many look on. What
// is shown stays until it ends or something is clearly better, so that the screen does not flicker.
//
// It may import the view of games. The one invariant: a game that is not public, or that watchers see later than it is
// played, is never shown, because the view does not list it among the live ones.
package tv
