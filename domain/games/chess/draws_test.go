package chess_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// TestRepetition: which positions are the same. after is played once, then the shuffle again and again; claim is the
// number of shuffles after which a threefold may be claimed for the first time.
func TestRepetition(t *testing.T) {
	for name, c := range map[string]struct {
		fen, after, shuffle string
		claim               int
	}{
		"from the start": {"", "", "g1f3 g8f6 f3g1 f6g8", 2},
		// No black pawn can take on e3: the library's older versions counted this square.
		"phantom en passant": {"", "e2e4", "g8f6 g1f3 f6g8 f3g1", 2},
		// A pawn could, but its king would be in check: the library's v2.5.1 counts this one.
		"pinned en passant": {"8/8/8/8/k3p2R/8/3P4/4K3 w - - 0 1", "d2d4", "a4a5 e1f1 a5a4 f1e1", 2},
		// It may take at first and never again: the first time does not count.
		"real en passant": {"4k3/8/8/8/3p4/8/4P3/4K3 w - - 0 1", "e2e4", "e8e7 e1e2 e7e8 e2e1", 3},
		// The rights are lost on the way: FIDE 9.2.3.2.
		"castling rights":   {"r3k3/8/8/8/8/8/8/4K2R w Kq - 0 1", "", "h1h2 a8a7 h2h1 a7a8", 3},
		"one side's rights": {"4k3/8/8/8/8/8/8/4K2R w K - 0 1", "", "h1h2 e8e7 h2h1 e7e8", 3},
		// Set up in the middle of a count of half-moves: nothing before the start is known.
		"half-moves from the setup": {"4k3/8/8/8/8/8/8/4K2R w - - 60 80", "", "h1h2 e8e7 h2h1 e7e8", 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := mustPlay(t, mustStart(t, c.fen), c.after)
			for n := 1; n <= c.claim; n++ {
				if claimOf(b) != "" {
					t.Fatalf("%s before shuffle %d", claimOf(b), n)
				}
				b = mustPlay(t, b, c.shuffle)
			}
			if claimOf(b) != chess.Threefold {
				t.Errorf("claim %q after %d shuffles in %s", claimOf(b), c.claim, b.FEN())
			}
		})
	}
}

// TestClaimIsOfTheBoard: a threefold may be claimed as long as it stands, not later.
func TestClaimIsOfTheBoard(t *testing.T) {
	b := mustPlay(t, mustStart(t, ""), "g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8")
	if claimOf(b) != chess.Threefold {
		t.Fatalf("claim %q", claimOf(b))
	}
	if b = mustPlay(t, b, "e2e4"); claimOf(b) != "" {
		t.Errorf("claim %q after a pawn move", claimOf(b))
	}
}

// TestRepetitionAcrossCastling: castling inside the stretch is taken back with its rook when repetitions are proved.
func TestRepetitionAcrossCastling(t *testing.T) {
	b := mustStart(t, "r3k3/8/8/8/8/8/8/4K2R w Kq - 0 1")
	b = mustPlay(t, b, "e1g1 e8c8 f1f2 d8d7 f2f1 d7d8 f1f2 d8d7 f2f1 d7d8")
	if claimOf(b) != chess.Threefold { // after both have castled: ply 2, 6, 10
		t.Errorf("claim %q in %s", claimOf(b), b.FEN())
	}
}

// endedBy plays on after the end: nobody is on turn, no move is accepted. (The library plays on after these draws.)
func endedBy(t *testing.T, b *chess.Board, reason string) {
	t.Helper()
	result, over := b.Result()
	if !over || result.Reason != reason {
		t.Fatalf("%+v, %v, want %s in %s", result, over, reason, b.FEN())
	}
	if reason == chess.Mate {
		if result.Winner == "" || result.Scores[result.Winner] != 2 || result.Scores[chess.White]+result.Scores[chess.Black] != 2 {
			t.Errorf("result %+v", result)
		}
	} else if result.Winner != "" || result.Scores[chess.White] != 1 || result.Scores[chess.Black] != 1 {
		t.Errorf("result %+v", result)
	}
	if turn := b.Turn(); len(turn) != 0 {
		t.Errorf("on turn: %q", turn)
	}
	if claim := claimOf(b); claim != "" {
		t.Errorf("claim %q after the end", claim)
	}
	for _, seat := range (chess.Rules{}).Seats() {
		if legal := b.Legal(seat); legal != nil {
			t.Errorf("legal moves of %s: %s", seat, legal)
		}
		for _, m := range b.Moves() {
			_, err := b.Judge(seat, quote(m), game.Seed{})
			var refusal *domain.Error
			if !errors.As(err, &refusal) || refusal.Kind != domain.IllegalMove || !strings.Contains(refusal.Message, reason) {
				t.Fatalf("%s after the end: %v", m, err)
			}
		}
	}
}

func TestFivefold(t *testing.T) {
	const shuffle = " g1f3 g8f6 f3g1 f6g8"
	b := mustPlay(t, mustStart(t, ""), strings.Repeat(shuffle, 3)+" g1f3 g8f6 f3g1")
	if claimOf(b) != chess.Threefold || reasonOf(b) != "" {
		t.Fatalf("fourth time: claim %q, result %q", claimOf(b), reasonOf(b))
	}
	endedBy(t, mustPlay(t, b, "f6g8"), chess.Fivefold)
}

func TestFiftyAndSeventyFive(t *testing.T) {
	b := mustStart(t, "4k3/8/8/8/8/8/8/R3K3 w - - 99 80")
	if claimOf(b) != "" {
		t.Fatalf("claim %q with 99 half-moves", claimOf(b))
	}
	if b = mustPlay(t, b, "a1a2"); claimOf(b) != chess.Fifty {
		t.Fatalf("claim %q with 100 half-moves", claimOf(b))
	}
	if b = mustPlay(t, mustStart(t, "4k3/8/8/8/8/8/8/R3K3 w - - 148 99"), "a1a2"); reasonOf(b) != "" {
		t.Fatalf("ended by %s with 149 half-moves", reasonOf(b))
	}
	endedBy(t, mustPlay(t, b, "e8e7"), chess.SeventyFive)
}

// TestMateBeforeSeventyFive: the move that reaches the count may mate, and then it does. FIDE 9.6.2.
func TestMateBeforeSeventyFive(t *testing.T) {
	b := mustPlay(t, mustStart(t, "6k1/5ppp/8/8/8/8/8/R3K3 w - - 149 99"), "a1a8")
	endedBy(t, b, chess.Mate)
	if r, _ := b.Result(); r.Winner != chess.White {
		t.Errorf("winner %q", r.Winner)
	}
}

func TestOtherEnds(t *testing.T) {
	endedBy(t, mustPlay(t, mustStart(t, ""), "f2f4 e7e6 g2g4 d8h4"), chess.Mate)
	endedBy(t, mustPlay(t, mustStart(t, "7k/8/5KQ1/8/8/8/8/8 w - - 0 1"), "g6f7"), chess.Stalemate)
	endedBy(t, mustPlay(t, mustStart(t, "4k3/8/8/8/8/8/4q3/4K3 w - - 0 1"), "e1e2"), chess.Insufficient)
}

// TestInsufficient plays a capture that leaves the material named.
func TestInsufficient(t *testing.T) {
	for name, c := range map[string]struct {
		fen  string // white takes on a2 with the king from a1
		dead bool
	}{
		"bare kings":             {"4k3/8/8/8/8/8/q7/K7 w - - 0 1", true},
		"bishop":                 {"4k3/8/8/8/8/8/q7/K1B5 w - - 0 1", true},
		"their bishop":           {"2b1k3/8/8/8/8/8/q7/K7 w - - 0 1", true},
		"knight":                 {"4k3/8/8/8/8/8/q7/K1N5 w - - 0 1", true},
		"bishops on one colour":  {"2b1k3/8/8/8/8/8/q7/K4B2 w - - 0 1", true},
		"four on one colour":     {"b1b1k3/8/8/8/8/8/q7/K2B1B2 w - - 0 1", true},
		"bishops on two colours": {"2b1k3/8/8/8/8/8/q7/K1B5 w - - 0 1", false},
		"own pair":               {"4k3/8/8/8/8/8/q7/K1BB4 w - - 0 1", false},
		"two knights":            {"4k3/8/8/8/8/8/q7/K1NN4 w - - 0 1", false},
		"knight each":            {"1n2k3/8/8/8/8/8/q7/K1N5 w - - 0 1", false},
		"bishop and knight":      {"1n2k3/8/8/8/8/8/q7/K1B5 w - - 0 1", false},
		"pawn":                   {"4k3/7p/8/8/8/8/q7/K7 w - - 0 1", false},
		"rook":                   {"4k2r/8/8/8/8/8/q7/K7 w - - 0 1", false},
	} {
		t.Run(name, func(t *testing.T) {
			b := mustPlay(t, mustStart(t, c.fen), "a1a2")
			if dead := reasonOf(b) == chess.Insufficient; dead != c.dead {
				t.Errorf("ended by %q", reasonOf(b))
			}
		})
	}
}

// TestTimeout: white's flag falls; does black win, or could it never have mated?
func TestTimeout(t *testing.T) {
	for name, c := range map[string]struct {
		black, white string // what they have beside their kings, on ranks where it gives no check
		wins         bool
	}{
		"bare king":                      {"", "Q", false},
		"pawn":                           {"p", "Q", true},
		"queen":                          {"q", "", true},
		"rook":                           {"r", "", true},
		"knight, nothing to block":       {"n", "", false},
		"knight, queen":                  {"n", "Q", false},
		"knight, two queens":             {"n", "QQ", false},
		"knight, rook":                   {"n", "R", true},
		"knight, pawn":                   {"n", "P", true},
		"knight, knight":                 {"n", "N", true},
		"knight, bishop":                 {"n", "B", true},
		"two knights":                    {"nn", "", true},
		"bishop, nothing to block":       {"b", "", false},
		"bishop, queen and rook":         {"b", "QR", false},
		"bishop, pawn":                   {"b", "P", true},
		"bishop, knight":                 {"b", "N", true},
		"bishop, bishop on other colour": {"b", "1B", true},
		"bishop, bishop on the same":     {"b", "B", false},
		"two bishops on one colour":      {"b1b", "", false},
		"two bishops":                    {"bb", "", true},
		"bishop and knight":              {"bn", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			// black's men stand on rank 7 from c7, white's on rank 3 from a3: c7 and a3 are of one colour
			fen := "7k/" + rank(2, c.black) + "/8/8/8/" + rank(0, c.white) + "/8/7K w - - 0 1"
			b := chess.Rules{}.Start(setupOf(fen), nil).(*chess.Board) // Prepare refuses some: they are drawn already
			if b.FEN() != fen {
				t.Fatalf("%s read as %s", fen, b.FEN())
			}
			r := b.Timeout(chess.White)
			if won := r.Winner == chess.Black; won != c.wins {
				t.Errorf("%s: %+v", fen, r)
			}
			if !c.wins && (r.Reason != chess.TimeoutInsufficient || r.Scores[chess.White] != 1 || r.Scores[chess.Black] != 1) {
				t.Errorf("%+v", r)
			}
			if c.wins && (r.Reason != game.TimedOut || r.Scores[chess.Black] != 2 || r.Scores[chess.White] != 0) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// rank writes men from a file on, 1 for a gap, as FEN does.
func rank(file int, men string) string {
	squares := []byte("........")
	copy(squares[file:], strings.ReplaceAll(men, "1", "."))
	fen := string(squares)
	for n := 8; n > 0; n-- {
		fen = strings.ReplaceAll(fen, strings.Repeat(".", n), strconv.Itoa(n))
	}
	return fen
}
