// Package rules is the suite that admits a kind of game: anything that implements game.Rules and passes Test may be
// listed in domain/games. It plays random games through the public interface and checks what the rest of the server
// relies on:
//
//   - replay is live: the stored moves folded again give the same board, byte for byte;
//   - what an audience is shown, folded, gives the view that it is shown;
//   - two truths that differ only in what is hidden look alike, byte for byte;
//   - boards never change, also while many goroutines read them and games branch off them;
//   - saving, loading and taking back give the board that there was;
//   - results are sane, and nobody is on turn after the end;
//   - no input panics.
//
// The suite proves itself on a small game with simultaneous moves, hidden information and dice, and on broken
// variants of it, each of which must be rejected. It may import domain only.
package rules
