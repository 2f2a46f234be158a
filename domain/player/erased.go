package player

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/plygames/ply/domain/event"
)

// ErasedType is the stored name of Erased.
const ErasedType = "player-erased.v1"

// Erased: the person is nameless from now on, for ever, and the content of the events before may be emptied where they are
// stored. Head is the hash chain's head before this event, in hex: who reads a stream that was emptied, or that begins here,
// takes it up from there.
type Erased struct {
	Head string `json:"head"`
}

// Emptied is the content that an event has after its own was taken out. Its id, its type and its place stay.
const Emptied = `{}`

// ErrChain tells that a person's stream is not what was written.
var ErrChain = errors.New("its id is not the hash of its content and of all before it")

// History follows a person's stream, event by event. The zero History but for Stream is the stream before its first event.
type History struct {
	Stream  event.Stream
	Version uint64
	Name    string
	Gone    bool   // erased
	Last    string // the type of the last event

	head    event.Hash // zero: not known, because an event before was emptied
	last    event.ID
	emptied bool
}

// Follow is the history of a person before the first event.
func Follow(id string) *History {
	stream := event.PlayerStream(id)
	return &History{Stream: stream, head: event.Genesis(stream)}
}

// Apply takes the next event in and proves its place in the hash chain. Of events that were emptied only the last one's id
// can be proved, by the Erased that must come after them.
func (h *History) Apply(rec event.Recorded) error {
	gap := rec.Version != h.Version+1
	if gap && (rec.Type != ErasedType || h.Version != 0) {
		return fmt.Errorf("follows version %d", h.Version)
	}
	if string(rec.Data) == Emptied && (h.emptied || event.Next(h.head, rec.Type, rec.Meta, rec.Data).ID() != rec.ID) {
		h.Version, h.last, h.head, h.emptied, h.Last = rec.Version, rec.ID, event.Hash{}, true, rec.Type
		return nil
	}
	head := h.head
	if rec.Type == ErasedType {
		stated, err := statedHead(rec)
		if err != nil {
			return err
		}
		// What is said of the chain must be what is known of it.
		if h.emptied && stated.ID() != h.last || !h.emptied && !gap && stated != head {
			return ErrChain
		}
		head, h.emptied, h.Gone, h.Name = stated, false, true, ""
	}
	if h.emptied {
		return errors.New("follows an event that was emptied although the person was not erased")
	}
	next := event.Next(head, rec.Type, rec.Meta, rec.Data)
	if next.ID() != rec.ID {
		return ErrChain
	}
	if name, ok, err := Name(rec); err != nil {
		return err
	} else if ok && !h.Gone {
		h.Name = name
	}
	h.Version, h.head, h.last, h.Last = rec.Version, next, rec.ID, rec.Type
	return nil
}

// Whole tells whether nothing is missing: events that were emptied are followed by an Erased.
func (h *History) Whole() bool { return !h.emptied }

func statedHead(rec event.Recorded) (head event.Hash, err error) {
	var e Erased
	if err := json.Unmarshal(rec.Data, &e); err != nil {
		return head, fmt.Errorf("%s of %s at version %d: %w", rec.Type, rec.Stream, rec.Version, err)
	}
	if n, err := hex.Decode(head[:], []byte(e.Head)); err != nil || n != len(head) || len(e.Head) != 2*len(head) {
		return head, fmt.Errorf("%s of %s at version %d states no head", rec.Type, rec.Stream, rec.Version)
	}
	return head, nil
}

// Named makes the event that gives the person a name.
func (h *History) Named(name string, meta event.Meta) event.Recorded {
	id, _ := h.Stream.Player()
	return Record(id, h.Version, h.head, Named{Name: name}, meta)
}

// Erased makes the event that erases the person.
func (h *History) Erased(meta event.Meta) event.Recorded {
	data, err := json.Marshal(Erased{Head: h.head.String()})
	if err != nil {
		panic("player: a text always marshals: " + err.Error())
	}
	rec := event.Recorded{Stream: h.Stream, Version: h.Version + 1, Type: ErasedType, Meta: meta.Encode(), Data: data}
	rec.ID = event.Next(h.head, rec.Type, rec.Meta, rec.Data).ID()
	return rec
}
