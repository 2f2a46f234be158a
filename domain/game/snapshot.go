package game

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/plygames/ply/domain/event"
)

// snapshotSchema changes whenever the meaning of a field of snapshot does, or of anything in it, or there are other fields:
// servers of two releases may share snapshots, and what one of them does not know it would leave out of the next.
//
//	1  until seats were kept by an attempt at a version
//	2  with Place.KeptAt
const snapshotSchema = 2

// ErrSnapshot reports a snapshot that can't be used: corrupt, of another schema, or of other rules. The game is
// replayed from its first event instead.
var ErrSnapshot = errors.New("snapshot can't be used")

// snapshot is a State as it is stored, behind the SHA-256 of its JSON.
type snapshot struct {
	Schema   int        `json:"schema"`
	Rules    string     `json:"rules"` // Rules.Schema
	ID       string     `json:"id"`
	Version  uint64     `json:"version"`
	Chain    event.Hash `json:"chain"`
	At       int64      `json:"at"`
	Setup    *Created   `json:"setup"`
	Status   Status     `json:"status"`
	Seats    []Place    `json:"seats"`
	Board    []byte     `json:"board"`
	Changed  uint64     `json:"changed"`
	Draw     Offer      `json:"draw"`
	Takeback Offer      `json:"takeback"`
	Result   Result     `json:"result"`
	Next     string     `json:"next,omitempty"`
	Receipts []byte     `json:"receipts"`
}

const receiptSize = 12

// Save encodes a game for a snapshot. The game exists (Version > 0).
func Save(s *State) []byte {
	body := encodeSnapshot(s)
	sum := sha256.Sum256(body)
	return append(sum[:], body...)
}

func encodeSnapshot(s *State) []byte {
	receipts := make([]byte, 0, s.receipts.n*receiptSize)
	for _, r := range s.receipts.all() {
		receipts = binary.BigEndian.AppendUint64(receipts, r.hash)
		receipts = binary.BigEndian.AppendUint32(receipts, r.version)
	}
	body, err := json.Marshal(snapshot{
		Schema: snapshotSchema, Rules: s.Rules.Schema(), ID: s.ID, Version: s.Version, Chain: s.Chain, At: s.At,
		Setup: s.Setup, Status: s.Status, Seats: s.Seats, Board: s.Board.Save(), Changed: s.Changed,
		Draw: s.Draw, Takeback: s.Takeback, Result: s.Result, Next: s.Next, Receipts: receipts,
	})
	if err != nil {
		panic("game: encode snapshot: " + err.Error())
	}
	return body
}

// Load reads what Save wrote, and nothing else. All errors wrap ErrSnapshot. That the snapshot belongs to the stream is for
// the caller to prove: the event at its Version has the id Chain.ID().
func Load(stored []byte, kinds Kinds) (*State, error) {
	if len(stored) < sha256.Size {
		return nil, fmt.Errorf("%w: too short", ErrSnapshot)
	}
	sum, body := stored[:sha256.Size], stored[sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) {
		return nil, fmt.Errorf("%w: corrupt", ErrSnapshot)
	}
	var d snapshot
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	if d.Schema != snapshotSchema || d.Setup == nil || d.Version == 0 {
		return nil, fmt.Errorf("%w: schema %d", ErrSnapshot, d.Schema)
	}
	rules, ok := kinds(d.Setup.Kind)
	if !ok || rules.Schema() != d.Rules || !slices.EqualFunc(d.Seats, rules.Seats(), func(p Place, seat Seat) bool { return p.Seat == seat }) {
		return nil, fmt.Errorf("%w: other rules", ErrSnapshot)
	}
	board, err := rules.Load(d.Board)
	if err != nil {
		return nil, fmt.Errorf("%w: board: %w", ErrSnapshot, err)
	}
	if len(d.Receipts)%receiptSize != 0 {
		return nil, fmt.Errorf("%w: receipts", ErrSnapshot)
	}
	s := &State{
		ID: d.ID, Version: d.Version, Chain: d.Chain, At: d.At, Rules: rules, Setup: d.Setup, Status: d.Status,
		Seats: d.Seats, Board: board, Changed: d.Changed, Draw: d.Draw, Takeback: d.Takeback,
		Result: d.Result, Next: d.Next,
	}
	s.receipts = loadReceipts(d.Receipts)
	// The decoder passes over what it does not know, which would be a game that has forgotten something.
	if !bytes.Equal(encodeSnapshot(s), body) {
		return nil, fmt.Errorf("%w: written otherwise than it would be now", ErrSnapshot)
	}
	return s, nil
}

func loadReceipts(saved []byte) receipts {
	n := len(saved) / receiptSize
	own := &book{list: make([]receipt, n+8)}
	for i := range n {
		one := saved[i*receiptSize:]
		own.list[i] = receipt{binary.BigEndian.Uint64(one), binary.BigEndian.Uint32(one[8:])}
	}
	own.taken.Store(int32(n))
	return receipts{n, own}
}
