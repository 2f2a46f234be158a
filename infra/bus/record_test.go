package bus

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/plygames/ply/domain/event"
)

func record(data []byte) event.Recorded {
	return event.Recorded{
		Stream: "game-k3JqT9xBv2Lm", Version: 57, Position: "000123", ID: event.Hash{1, 2, 3, 0xff}.ID(),
		Type: "move-played.v1", Meta: []byte("{\"at\":1}\x00\xff"), Data: data,
	}
}

// carried is a message as it comes out of Kafka.
func carried(t *testing.T, p *sarama.ProducerMessage) *message.Message {
	t.Helper()
	value, err := p.Value.Encode()
	if err != nil {
		t.Fatal(err)
	}
	c := &sarama.ConsumerMessage{Value: value}
	for _, h := range p.Headers {
		c.Headers = append(c.Headers, &sarama.RecordHeader{Key: h.Key, Value: h.Value})
	}
	m, err := unmarshaler{kafka.DefaultMarshaler{}}.Unmarshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestARecordIsTheStoredEvent(t *testing.T) {
	e := record([]byte("{\"m\":\"e2e4\"}\x00\xfe"))
	p, err := marshal("ply.events", encodeEvent(&e))
	if err != nil {
		t.Fatal(err)
	}
	if key, _ := p.Key.Encode(); string(key) != "k3JqT9xBv2Lm" {
		t.Errorf("key %q, want the game's id", key)
	}
	if value, _ := p.Value.Encode(); !bytes.Equal(value, e.Data) {
		t.Errorf("value %q, want the stored data", value)
	}
	headers := map[string]string{}
	for _, h := range p.Headers {
		headers[string(h.Key)] = string(h.Value)
	}
	for name, want := range map[string]string{
		"ply-kind": "event.v1", "ply-stream": "game-k3JqT9xBv2Lm", "ply-version": "57", "ply-position": "000123",
		"ply-id": e.ID.String(), "ply-type": "move-played.v1", "ply-meta": string(e.Meta),
	} {
		if headers[name] != want {
			t.Errorf("header %s is %q, want %q", name, headers[name], want)
		}
	}
	got, err := decodeEvent(carried(t, p))
	if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", e) {
		t.Errorf("got %+v (%v), want %+v", got, err, e)
	}
}

func TestARecordOfAnotherStreamHasNoPlace(t *testing.T) {
	e := record(nil)
	e.Stream = "player-p"
	if _, err := marshal("ply.events", encodeEvent(&e)); err == nil {
		t.Error("a record without a game")
	}
}

type nothing struct{ counter }

func (*nothing) Published(int, time.Duration) {}
func (*nothing) Unpublished()                 {}
func (*nothing) Oversized()                   {}
func (*nothing) Delivered(int, time.Duration) {}
func (*nothing) Resubscribed()                {}

func TestRecordsThatNobodyCanReadAreCountedAndSkipped(t *testing.T) {
	good := record([]byte("{}"))
	for name, spoil := range map[string]func(message.Metadata){
		"no kind":      func(m message.Metadata) { delete(m, kindKey) },
		"unknown kind": func(m message.Metadata) { m[kindKey] = "event.v9" },
		"no stream":    func(m message.Metadata) { delete(m, streamKey) },
		"no type":      func(m message.Metadata) { delete(m, typeKey) },
		"no version":   func(m message.Metadata) { delete(m, versionKey) },
		"version 0":    func(m message.Metadata) { m[versionKey] = "0" },
		"version -1":   func(m message.Metadata) { m[versionKey] = "-1" },
		"version 2^64": func(m message.Metadata) { m[versionKey] = "18446744073709551616" },
		"no id":        func(m message.Metadata) { delete(m, idKey) },
		"id not hex":   func(m message.Metadata) { m[idKey] = "zz" + m[idKey][2:] },
		"id too short": func(m message.Metadata) { m[idKey] = m[idKey][1:] },
		"id too long":  func(m message.Metadata) { m[idKey] += "0" },
		"id, no dash":  func(m message.Metadata) { m[idKey] = m[idKey][:8] + "0" + m[idKey][9:] },
	} {
		t.Run(name, func(t *testing.T) {
			seen, logger := new(nothing), slog.New(slog.NewTextHandler(io.Discard, nil))
			k := &Kafka{handling: handling{seen, logger, quiet(logger)}, seen: seen}
			d := newDelivery(context.Background(), k, nobody{t})
			m := encodeEvent(&good)
			spoil(m.Metadata)
			d.add(m)
			d.flush()
			if seen.counter != 1 {
				t.Errorf("counted %d times, want once", seen.counter)
			}
		})
	}
}

// picky is an unmarshaler that can't do what it should.
type picky struct{}

func (picky) Unmarshal(*sarama.ConsumerMessage) (*message.Message, error) {
	return nil, fmt.Errorf("no")
}

func TestTheUnmarshalerNeverFails(t *testing.T) {
	m, err := unmarshaler{picky{}}.Unmarshal(&sarama.ConsumerMessage{})
	if err != nil || m == nil || m.Metadata[kindKey] != "" {
		t.Errorf("got %v, %v", m, err)
	}
	for _, record := range []*sarama.ConsumerMessage{
		{}, {Value: []byte{0xff}}, {Headers: []*sarama.RecordHeader{{}}}, {Headers: []*sarama.RecordHeader{{Key: []byte{0}, Value: nil}}},
	} {
		if _, err := (unmarshaler{kafka.DefaultMarshaler{}}).Unmarshal(record); err != nil {
			t.Errorf("%+v: %v", record, err)
		}
	}
}

func TestAMergedWatermarkIsTrueOfAllPartitions(t *testing.T) {
	r := &marks{}
	of := merge(r, 3)
	of(0).Watermark("5")
	of(0).Watermark("6")
	of(1).Watermark("7")
	if len(r.at) != 0 {
		t.Fatalf("watermarks %v before the third partition had one", r.at)
	}
	of(2).Watermark("6")
	of(1).Watermark("8")
	of(2).Watermark("8")
	of(0).Watermark("9")
	if fmt.Sprint(r.at) != "[6 8]" {
		t.Errorf("watermarks %v, want 6 and 8", r.at)
	}
}

type marks struct{ at []event.Position }

func (m *marks) Events([]event.Recorded)     {}
func (m *marks) Watermark(at event.Position) { m.at = append(m.at, at) }

func FuzzParseID(f *testing.F) {
	f.Add(event.Hash{1}.ID().String())
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := parseID(text)
		if ok && len(text) != 36 {
			t.Fatalf("%q passed", text)
		}
		if again, ok2 := parseID(id.String()); !ok2 || again != id || formatID(id) != id.String() {
			t.Fatalf("%q: %v is not itself", text, id)
		}
	})
}
