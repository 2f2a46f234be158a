// Package ratings is the view of how well people play: Glicko-2 ratings for each kind of game and class of time control,
// their history, top lists, and who has beaten whom how often. It is folded from games' events: a rating is never one of
// their facts (what a seated event says of it is what this view showed at the time, for people to read).
//
// Each rated game is a rating period of its own for those who sat in it, at the moment of its end in the store's order.
// Deviations grow from game to game by the volatility and not with time: times of day are recorded, never computed with.
// Names are not kept here; they live in people's own streams only.
//
// It may import projections, its fold, and domain. The one invariant: a game counts exactly once, in the batch that also
// takes its row away and moves the checkpoint.
package ratings
