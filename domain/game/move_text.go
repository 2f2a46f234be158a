package game

import (
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/scan"
)

// moveText is a MovePlayed as it stands in what is stored, of which its texts are parts: stored bytes are never changed.
type moveText struct {
	seat               []byte
	m                  []byte // with its quotation marks
	elapsed, lag, comp int64
	left               [2]struct {
		seat []byte
		ms   int64
	}
	clocks int // how many of left there are
}

// scanMove reads what encodeMove writes; false if it is written otherwise.
func scanMove(data []byte) (t moveText, ok bool) {
	s := scan.New(data)
	s.Expect(`{"seat":"`)
	t.seat = s.Bytes()
	s.Expect(`","m":`)
	t.m = s.Quoted()
	s.Expect(`,"elapsed":`)
	t.elapsed = s.Int()
	s.Expect(`,"lag":`)
	t.lag = s.Int()
	s.Expect(`,"comp":`)
	t.comp = s.Int()
	if s.Try(`,"left":{"`) {
		for more := true; more; more = s.Try(`,"`) {
			if t.clocks == len(t.left) {
				return moveText{}, false
			}
			left := &t.left[t.clocks]
			left.seat = s.Bytes()
			s.Expect(`":`)
			left.ms = s.Int()
			t.clocks++
		}
		s.Expect("}")
	}
	s.Expect("}")
	return t, s.OK()
}

// replayMove is Replay for a move by somebody who has a seat, written as this release writes it: nearly all events are that.
// It does the same with a fifth of the garbage, because nothing of the event is kept but what the state takes over. done is
// false, and the state unchanged, if the event is another.
func (s *State) replayMove(rec event.Recorded) (done bool, err error) {
	if rec.Type != moveType || s.Rules == nil {
		return false, nil
	}
	t, ok := scanMove(rec.Data)
	if !ok {
		return false, nil
	}
	meta, ok := event.ScanMeta(rec.Meta)
	by := s.placeNamed(t.seat)
	if !ok || by == nil {
		return false, nil
	}
	chain, err := follow(s, rec)
	if err != nil {
		return false, err
	}
	s.Version, s.Chain, s.At = rec.Version, chain, meta.At
	if len(meta.Command) > 0 {
		s.receipts = s.receipts.with(receiptHash(meta.Player, meta.Command), rec.Version)
	}
	origin := Origin{Version: rec.Version, Server: s.serverNamed(meta.Server), Up: meta.Up, At: meta.At}
	s.play(MovePlayed{Seat: by.Seat, M: t.m, Comp: t.comp}, origin)
	for i := range t.clocks {
		if p := s.placeNamed(t.left[i].seat); p != nil {
			p.Left = t.left[i].ms
		}
	}
	return true, nil
}

// placeNamed finds a seat without making a string of its name.
func (s *State) placeNamed(seat []byte) *Place {
	for i := range s.Seats {
		if string(s.Seats[i].Seat) == string(seat) {
			return &s.Seats[i]
		}
	}
	return nil
}

// serverNamed makes a string of a server's name, unless a seat's time is counted from an event of the same server.
func (s *State) serverNamed(name []byte) string {
	for i := range s.Seats {
		if known := s.Seats[i].Origin.Server; known == string(name) {
			return known
		}
	}
	return string(name)
}
