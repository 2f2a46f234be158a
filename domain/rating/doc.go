// Package rating holds Glicko-2 and the classes of time control that people are rated in. Both are pure functions. It
// imports the domain's clocks only.
//
// Glicko-2 is Mark E. Glickman's, "Example of the Glicko-2 system", Boston University, 22 March 2022
// (glicko.net/glicko/glicko2.pdf), from which the names of the quantities and the numbers of the steps are taken.
//
// The one invariant: equal inputs give equal outputs, also on another kind of machine, once rounded by Round.
package rating
