package esdbserver_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/pebble"
)

// history writes a stream as our servers do: an event's id is the head of the stream's hash chain.
type history struct {
	stream event.Stream
	hash   event.Hash
	events []event.Recorded
}

func newHistory(stream event.Stream) *history {
	return &history{stream: stream, hash: event.Genesis(stream)}
}

func (h *history) next(n int) []event.Recorded {
	from := len(h.events)
	for range n {
		meta := event.Meta{Command: "c", Player: "p", At: 1764000014721, Server: "s", Up: 12}.Encode()
		data := fmt.Appendf(nil, `{"ply":%d}`, len(h.events))
		h.hash = event.Next(h.hash, "move-played.v1", meta, data)
		h.events = append(h.events, event.Recorded{
			Stream: h.stream, Version: uint64(len(h.events)) + 1, ID: h.hash.ID(), Type: "move-played.v1", Meta: meta, Data: data,
		})
	}
	return h.events[from:]
}

// onWire is an event as an adapter sends it.
func onWire(e event.Recorded) *streams.AppendReq_ProposedMessage {
	return &streams.AppendReq_ProposedMessage{
		Id: wireID(e.ID), Data: e.Data, CustomMetadata: e.Meta,
		Metadata: map[string]string{"type": e.Type, "content-type": "application/json"},
	}
}

// same compares what a server reads with what was written.
func (r *rig) same(h *history) {
	r.Helper()
	got := r.events(ofStream(string(h.stream)), count(10_000))
	if len(got) != len(h.events) {
		r.Fatalf("%s has %d events; want %d", h.stream, len(got), len(h.events))
	}
	for i, e := range got {
		w := h.events[i]
		if bytesOf(e.Id.GetStructured()) != w.ID || e.StreamRevision != w.Version-1 || e.Metadata["type"] != w.Type ||
			!bytes.Equal(e.CustomMetadata, w.Meta) || !bytes.Equal(e.Data, w.Data) {
			r.Fatalf("%s has %v at %d; want %+v", h.stream, e, i, w)
		}
	}
}

// TestOneFolder lets an embedded store and the server take turns at one folder.
func TestOneFolder(t *testing.T) {
	disk := vfs.NewMem()
	ctx := context.Background()
	game, player, raw := newHistory("game-a"), newHistory("player-b"), newHistory("deployment")
	store, err := pebble.Open(onMem(disk))
	if err != nil {
		t.Fatal(err)
	}
	embedded := func(h *history, n int) {
		t.Helper()
		if err := store.Append(ctx, h.stream, uint64(len(h.events)), h.next(n)); err != nil {
			t.Fatal(err)
		}
	}
	embedded(game, 3)
	embedded(player, 1)
	embedded(raw, 2)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	r := serveStore(t, onMem(disk), esdbserver.Config{})
	for _, h := range []*history{game, player, raw} {
		r.same(h)
	}
	first := r.events(ofAll)
	if len(first) != 6 { // nothing was added: the store was not fresh
		t.Errorf("%d events in all", len(first))
	}
	if ticks, _ := strconv.ParseInt(first[0].Metadata["created"], 10, 64); ticks/10_000 != 1764000014721 ||
		first[0].Metadata["content-type"] != "application/json" {
		t.Errorf("the metadata of an event without a stamp is %v", first[0].Metadata)
	}
	through := func(h *history, n int) {
		t.Helper()
		w := at(uint64(len(h.events)) - 1) // of none: the number that means no stream
		var events []*streams.AppendReq_ProposedMessage
		for _, e := range h.next(n) {
			events = append(events, onWire(e))
		}
		r.wrote(uint64(len(h.events)-1), string(h.stream), w, events...)
	}
	other := newHistory("game-b")
	through(game, 2)
	through(other, 4)
	r.mustDelete("player-b", anything)
	r.wrote(1, "anybody", noStream, fresh(2)...)
	r.wrote(0, "doomed", noStream, fresh(1)...)
	_, _, err = r.tombstone("doomed", anything)
	r.must(err)
	r.must(r.Close())

	if store, err = pebble.Open(onMem(disk)); err != nil {
		t.Fatal(err)
	}
	embedded(game, 1)
	for _, h := range []*history{game, other, player, raw} {
		var n int
		for e, err := range store.ReadStream(ctx, h.stream, 1) {
			w := h.events[n]
			if err != nil || e.ID != w.ID || e.Version != w.Version || !bytes.Equal(e.Meta, w.Meta) || !bytes.Equal(e.Data, w.Data) {
				t.Fatalf("%s at %d: %+v, %v", h.stream, n, e, err)
			}
			n++
		}
		if n != len(h.events) {
			t.Errorf("%s has %d events; want %d", h.stream, n, len(h.events))
		}
	}
	if err := store.Append(ctx, other.stream, 2, other.events[2:]); err != nil {
		t.Errorf("a repetition of what came through the server: %v", err)
	}
	if err := store.Verify(ctx, nil); err != nil {
		t.Errorf("verify: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	r.same(game)
	r.missing("player-b")

	// A game whose events are no chain is found, whoever wrote them.
	r.wrote(0, "game-forged", noStream, fresh(1)...)
	if err := r.Store.Verify(ctx, nil); err == nil {
		t.Error("verify believes a game that is no hash chain")
	}
}

// TestLargeAppend writes more at once than the store's log has before it becomes a table.
func TestLargeAppend(t *testing.T) {
	store := onMem(vfs.NewMem())
	store.LogBytes = 1 << 20
	r := serveStore(t, store, esdbserver.Config{})
	events := fresh(3)
	for i, e := range events {
		e.Data = bytes.Repeat([]byte{byte(i)}, 5<<20)
	}
	r.wrote(2, "s", noStream, events...)
	r.reopen()
	for i, e := range r.events(ofStream("s")) {
		if !bytes.Equal(e.Data, events[i].Data) {
			t.Errorf("event %d has %d bytes", i, len(e.Data))
		}
	}
	r.wrote(2, "s", noStream, events...)
}

// TestPowerCut cuts the power under a crowd of writers, several times. What was acknowledged is there, at its revision
// and once; nothing is torn, also not the return of a deleted stream.
func TestPowerCut(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	disk := vfs.NewCrashableMem()
	r := serveStore(t, onMem(disk), esdbserver.Config{})
	const writers, size = 6, 3
	type ledger struct {
		mu    sync.Mutex
		sent  [][]*streams.AppendReq_ProposedMessage // one batch after the other, each at its exact revision
		acked int
	}
	books := make([]*ledger, writers)
	for i := range books {
		books[i] = &ledger{}
	}
	for range 4 {
		stop, enough := make(chan struct{}), make(chan struct{}, writers)
		var crowd sync.WaitGroup
		for i, book := range books {
			crowd.Go(func() {
				stream := fmt.Sprintf("w-%d", i)
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					if n == 20 {
						enough <- struct{}{}
					}
					book.mu.Lock()
					if book.acked == len(book.sent) {
						book.sent = append(book.sent, fresh(size))
					}
					next, events := book.acked, book.sent[book.acked]
					book.mu.Unlock()
					resp, _, err := r.append(stream, at(uint64(next*size)-1), events...)
					if err != nil || resp.GetSuccess().GetCurrentRevision() != uint64(next*size+size-1) {
						t.Errorf("append %d to %s: %v, %v", next, stream, resp, err)
						return
					}
					book.mu.Lock()
					book.acked++
					book.mu.Unlock()
				}
			})
		}
		for range writers {
			<-enough
		}
		acked := make([]int, writers)
		for i, book := range books {
			book.mu.Lock()
			acked[i] = book.acked
			book.mu.Unlock()
		}
		after := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: random})
		close(stop)
		crowd.Wait()
		disk = after
		r.crash(disk)
		for i, book := range books {
			got := r.events(ofStream(fmt.Sprintf("w-%d", i)), count(100_000))
			if len(got)%size != 0 || len(got) < acked[i]*size {
				t.Fatalf("writer %d: %d events after the power cut; %d batches of %d were acknowledged", i, len(got), acked[i], size)
			}
			for n, e := range got {
				if w := book.sent[n/size][n%size]; bytesOf(e.Id.GetStructured()) != bytesOf(w.Id.GetStructured()) || e.StreamRevision != uint64(n) {
					t.Fatalf("writer %d: event %d is %v; want %v", i, n, e, w)
				}
			}
			book.acked = len(got) / size // the others are lost with the power, and never were promised
		}
	}
}

// cuttingDisk makes copies of itself, as a power cut would leave it, around every write and sync of the log.
type cuttingDisk struct {
	*vfs.MemFS
	random *rand.Rand

	mu    sync.Mutex
	armed bool
	after []*vfs.MemFS
}

func (d *cuttingDisk) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed {
		for _, percent := range []int{0, 50, 100} {
			d.after = append(d.after, d.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: d.random}))
		}
	}
}

func (d *cuttingDisk) arm(yes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = yes
}

func (d *cuttingDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.MemFS.Create(name, c)
	if err == nil && strings.Contains(name, "events") && strings.HasSuffix(name, ".log") {
		f = cuttingFile{f, d}
	}
	return f, err
}

type cuttingFile struct {
	vfs.File
	disk *cuttingDisk
}

func (f cuttingFile) around(change func() error) error {
	f.disk.cut()
	defer f.disk.cut()
	return change()
}

func (f cuttingFile) Write(p []byte) (n int, err error) {
	err = f.around(func() error { n, err = f.File.Write(p); return err })
	return n, err
}

func (f cuttingFile) Sync() error     { return f.around(f.File.Sync) }
func (f cuttingFile) SyncData() error { return f.around(f.File.SyncData) }

// TestPowerCutAtUndelete: a deleted stream that is written to comes back with that write, or not at all.
func TestPowerCutAtUndelete(t *testing.T) {
	disk := &cuttingDisk{MemFS: vfs.NewCrashableMem(), random: rand.New(rand.NewPCG(3, 4))}
	r := serveStore(t, onMem(disk), esdbserver.Config{})
	r.wrote(0, "s", noStream, fresh(1)...)
	r.mustDelete("s", anything)
	disk.arm(true)
	r.wrote(2, "s", at(0), fresh(2)...)
	disk.arm(false)
	came, stayed := 0, 0
	for _, after := range disk.after {
		r.crash(after)
		last, _, err := r.Store.Last(r.ctx, "s")
		r.must(err)
		if last.Version == 1 {
			stayed++
			r.missing("s")
			continue
		}
		came++
		r.shows("[1 2]", ofStream("s"))
	}
	if came == 0 || stayed == 0 {
		t.Errorf("of %d power cuts, %d came before the write and %d after", len(disk.after), stayed, came)
	}
}
