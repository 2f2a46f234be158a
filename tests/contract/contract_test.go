package contract_test

import (
	"flag"
	"os"
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// TestMain lets all cases run at once: most of them wait for a clock.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "64"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestContract runs every case against one server process, all at the same time.
func TestContract(t *testing.T) {
	s := site{harness.Start(t, harness.NoLimits).URL}
	for _, c := range []struct {
		name string
		run  func(*testing.T, site)
	}{
		{"section 12, line by line", section12},

		{"start: state, messages, live", startWithAndWithout},
		{"start: from is exclusive and exact", startFrom},
		{"start: more than 256 behind", startFarBehind},
		{"start: refused handshakes", startRefused},
		{"start: subprotocols", startSubprotocols},
		{"start: boards", startBoards},
		{"start: replay", startReplay},
		{"start: replay at a pace", startReplayPaced},
		{"sockets: two of one player", twoSockets},
		{"sockets: watchers ping only", watchersPing},

		{"sitting", sitting},
		{"sitting: reserved", sittingReserved},
		{"creating: duplicates", creatingTwice},
		{"creating: bad values", creatingBadly},

		{"commands: refusals in order", refusalOrder},
		{"commands: basis", basis},
		{"commands: duplicates", duplicates},
		{"commands: over HTTP", overHTTP},
		{"commands: before the start", beforeTheStart},
		{"draw offers", drawOffers},
		{"draw offers cross", drawOffersCross},
		{"draw claims", drawClaims},
		{"takebacks", takebacks},
		{"add time", addTime},
		{"resign", resign},
		{"abort", abort},
		{"withdraw", withdraw},
		{"mate in one message", mate},
		{"rematch one after the other", rematch},
		{"rematch at once", rematchAtOnce},

		{"clocks: fischer", clocksFischer},
		{"clocks: delay", clocksDelay},
		{"clocks: none and days", clocksNoneAndDays},
		{"clocks: flag", flagFalls},
		{"clocks: no start", noStart},
		{"clocks: no start of the second seat", noStartSecond},

		{"presence: crowd", crowd},
		{"presence: gone, back, claimed", goneAndClaimed},

		{"delay on every path", delayEverywhere},
		{"reading: states of the past", readingStates},
		{"reading: events", readingEvents},
		{"reading: PGN", readingPGN},
		{"reading: hidden games", readingHidden},
		{"reading: kinds and me", readingKinds},

		{"end: play sockets", endOfPlaySockets},
		{"end: watch sockets", endOfWatchSockets},
		{"end: late sockets", endOfLateSockets},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, s)
		})
	}
}
