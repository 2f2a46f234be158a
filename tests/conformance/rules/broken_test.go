package rules_test

import (
	"slices"
	"testing"

	"github.com/plygames/ply/tests/conformance/rules"
)

// flaw is a mistake that an author might make.
type flaw string

const (
	tellsView    flaw = "the view shows the other's number"
	tellsLegal   flaw = "the legal moves show the other's number"
	tellsMoves   flaw = "events show the other's number"
	hidesMover   flaw = "a move is hidden that changes the view"
	sharedPoints flaw = "Play changes the old board"
	throwsAgain  flaw = "Play throws dice of its own"
	forgetful    flaw = "Save leaves out a choice that is not complete"
	trusting     flaw = "Load believes its input"
	panicky      flaw = "Judge panics on null"
	plainErrors  flaw = "Prepare refuses with an error that has no kind"
	endless      flaw = "seats are on turn after the end"
	oneByOne     flaw = "seats that move at the same time are said to move in turns"
	generous     flaw = "scores do not add up"
	halfUndone   flaw = "Undo takes back one ply too few"
)

// TestBrokenRejected shows that the suite can fail: each flaw is found, and by the check that is meant to find it.
func TestBrokenRejected(t *testing.T) {
	for f, by := range map[flaw]string{
		tellsView:    "hidden",
		tellsLegal:   "hidden",
		tellsMoves:   "hidden",
		hidesMover:   "shown",
		sharedPoints: "immutable",
		throwsAgain:  "replay",
		forgetful:    "saved",
		trusting:     "hostile saves",
		panicky:      "hostile moves",
		plainErrors:  "hostile setups",
		endless:      "results",
		oneByOne:     "results",
		generous:     "results",
		halfUndone:   "undo",
	} {
		t.Run(string(f), func(t *testing.T) {
			sample := duelSample()
			sample.Games, sample.Plies = 4, 24 // enough to find every flaw
			var found []string
			for _, c := range rules.Checks() {
				if c.Name == "concurrent" {
					continue // a flaw that writes where others read is for the race detector, which would fail this test
				}
				if err := c.Apply(duel{f}, sample); err != nil {
					found = append(found, c.Name)
				}
			}
			if !slices.Contains(found, by) {
				t.Errorf("not found by %q; found by %q", by, found)
			}
			t.Logf("found by %q", found)
		})
	}
}
