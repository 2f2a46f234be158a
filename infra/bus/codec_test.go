package bus

import (
	"io"
	"log/slog"
	"testing"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/plygames/ply/domain/event"
)

type nobody struct{ t *testing.T }

func (n nobody) Events(events []event.Recorded) { n.t.Errorf("handled %v", events) }
func (n nobody) Watermark(at event.Position)    { n.t.Errorf("handled watermark %q", at) }
func (counted *counter) BadMessage()            { *counted++ }

type counter int

func TestMessagesThatNobodyCanReadAreCountedAndSkipped(t *testing.T) {
	good := encodeEvents([]event.Recorded{{Stream: "game-k3JqT9xBv2Lm", Version: 1, Type: "created.v1", Data: []byte("{}")}})
	for name, m := range map[string]struct {
		kind    string
		payload []byte
	}{
		"unknown kind":   {"events.v9", good.Payload},
		"no kind":        {"", good.Payload},
		"no events":      {kindEvents, nil},
		"cut off":        {kindEvents, good.Payload[:len(good.Payload)-1]},
		"trailing byte":  {kindEvents, append(good.Payload[:len(good.Payload):len(good.Payload)], 7)},
		"endless number": {kindEvents, []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
		"field of 2^63":  {kindEvents, []byte("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")},
	} {
		t.Run(name, func(t *testing.T) {
			var bad counter
			s := subscriber{handling: handling{observer: &bad, logger: slog.New(slog.NewTextHandler(io.Discard, nil))}}
			msg := message.NewMessage(watermill.NewUUID(), m.payload)
			if m.kind != "" {
				msg.Metadata.Set(kindKey, m.kind)
			}
			if err := s.handle(msg, nobody{t}); err != nil {
				t.Errorf("asked for another try: %v", err)
			}
			if bad != 1 {
				t.Errorf("counted %d times, want once", bad)
			}
		})
	}
}

func FuzzDecodeEvents(f *testing.F) {
	f.Add([]byte(encodeEvents([]event.Recorded{{Stream: "game-a", Version: 1}, {Stream: "game-b", Version: 900, Meta: []byte("{}")}}).Payload))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		events, err := decodeEvents(payload)
		if err != nil {
			return
		}
		again, err := decodeEvents(encodeEvents(events).Payload)
		if err != nil || len(again) != len(events) {
			t.Fatalf("%d events became %d (%v)", len(events), len(again), err)
		}
	})
}
