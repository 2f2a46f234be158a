// Package games is the view behind the lists of games, and behind the quota of unfinished games a player may be in.
// Unfinished games are in memory; ended ones are read from the folder, newest creation first.
//
// A row changes when a game is created, somebody sits down, it starts, the first move is made, and it ends: not with
// every move. What a delayed game shows to others is computed from the times of those changes as of the delayed now; at
// the end everything is known at once.
//
// It may import projections, its fold, and domain. The one invariant: a game has one row, either among the unfinished
// or among the ended.
package games
