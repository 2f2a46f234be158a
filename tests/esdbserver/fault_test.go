package esdbserver_test

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/plygames/ply/infra/esdbserver"
)

// stallingDisk holds up the syncs of the write-ahead log while its gate is closed.
type stallingDisk struct {
	vfs.FS
	gate    sync.RWMutex
	arrived chan struct{}
}

func newStallingDisk() *stallingDisk {
	return &stallingDisk{FS: vfs.NewMem(), arrived: make(chan struct{}, 1)}
}

func (d *stallingDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	if err == nil && strings.Contains(name, "events") && strings.HasSuffix(name, ".log") {
		f = stallingFile{f, d}
	}
	return f, err
}

type stallingFile struct {
	vfs.File
	disk *stallingDisk
}

func (f stallingFile) Sync() error {
	select {
	case f.disk.arrived <- struct{}{}:
	default:
	}
	f.disk.gate.RLock()
	defer f.disk.gate.RUnlock()
	return f.File.Sync()
}

func (f stallingFile) SyncData() error { return f.Sync() }

// stall holds up syncs until the function it gives is called, at the latest when the test ends.
func (d *stallingDisk) stall(t testing.TB) (goOn func()) {
	for range len(d.arrived) {
		<-d.arrived
	}
	d.gate.Lock()
	goOn = sync.OnceFunc(d.gate.Unlock)
	t.Cleanup(goOn)
	return goOn
}

func TestRow20Cancelled(t *testing.T) {
	t.Run("before the write is taken", func(t *testing.T) {
		held := make(chan struct{})
		var once sync.Once
		r := serve(t, esdbserver.Config{Fault: func(ctx context.Context, c esdbserver.Call) esdbserver.Fault {
			if c.Method == "append" {
				once.Do(func() {
					close(held)
					<-ctx.Done()
				})
			}
			return esdbserver.Fault{}
		}})
		ctx, cancel := context.WithCancel(r.ctx)
		answered := make(chan error, 1)
		go func() {
			_, _, err := r.appendIn(ctx, "s", noStream, batch("a")...)
			answered <- err
		}()
		<-held
		cancel()
		r.refused(<-answered, nil, codes.Canceled)
		r.wrote(0, "s", noStream, batch("b")...) // would be a conflict
		r.shows("[0]", ofStream("s"))
	})
	t.Run("after", func(t *testing.T) {
		disk := newStallingDisk()
		r := serveStore(t, onMem(disk), esdbserver.Config{CommitTimeout: time.Hour})
		goOn := disk.stall(t)
		ctx, cancel := context.WithCancel(r.ctx)
		answered := make(chan error, 1)
		go func() {
			_, _, err := r.appendIn(ctx, "s", noStream, batch("a")...)
			answered <- err
		}()
		<-disk.arrived
		cancel()
		r.refused(<-answered, nil, codes.Canceled)
		r.missing("s")
		// The next one waits for the outcome, and knows the ids.
		go func() {
			_, _, err := r.append("s", anything, batch("a")...)
			answered <- err
		}()
		goOn()
		r.must(<-answered)
		r.shows("[0]", ofStream("s"))
	})
}

// TestSlowDisk: what takes too long is unknown, also to whoever repeats it meanwhile, and is told when it is known.
func TestSlowDisk(t *testing.T) {
	disk := newStallingDisk()
	r := serveStore(t, onMem(disk), esdbserver.Config{CommitTimeout: 100 * time.Millisecond})
	goOn := disk.stall(t)
	for range 2 {
		_, trailer, err := r.append("s", noStream, batch("a", "b")...)
		r.refused(err, trailer, codes.Aborted)
	}
	_, trailer, err := r.delete("s", anything)
	r.refused(err, trailer, codes.Aborted)
	r.missing("s")
	goOn()
	r.eventually("the repetition is answered", func() bool {
		resp, _, err := r.append("s", noStream, batch("a", "b")...)
		return err == nil && resp.GetSuccess().GetCurrentRevision() == 1
	})
	r.shows("[0 1]", ofStream("s"))
}

// planned are faults for the calls to come, in order; then none.
type planned struct {
	mu    sync.Mutex
	plan  []esdbserver.Fault
	calls []esdbserver.Call
}

func (p *planned) next(_ context.Context, c esdbserver.Call) esdbserver.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
	if len(p.plan) == 0 {
		return esdbserver.Fault{}
	}
	f := p.plan[0]
	p.plan = p.plan[1:]
	return f
}

func (p *planned) put(plan ...esdbserver.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = plan
}

func TestRow21Timeout(t *testing.T) {
	t.Parallel()
	var faults planned
	r := serve(t, esdbserver.Config{Fault: faults.next})
	aborted := func(kind esdbserver.FaultKind, call func() (metadata.MD, error)) {
		t.Helper()
		faults.put(esdbserver.Fault{Kind: kind})
		began := time.Now()
		trailer, err := call()
		r.refused(err, trailer, codes.Aborted)
		if took := time.Since(began); took < 2*time.Second {
			t.Errorf("the timeout came after %v", took)
		}
		if !strings.HasPrefix(err.Error(), "rpc error: code = Aborted desc = Operation timed out") {
			t.Errorf("it says %v", err)
		}
	}
	write := func() (metadata.MD, error) {
		_, trailer, err := r.append("s", noStream, batch("a")...)
		return trailer, err
	}
	aborted(esdbserver.TimedOut, write)
	r.missing("s")
	aborted(esdbserver.TimedOutWritten, write)
	r.shows("[0]", ofStream("s"))
	r.wrote(0, "s", noStream, batch("a")...)

	aborted(esdbserver.TimedOut, func() (metadata.MD, error) { _, trailer, err := r.delete("s", at(0)); return trailer, err })
	r.shows("[0]", ofStream("s"))
	aborted(esdbserver.TimedOutWritten, func() (metadata.MD, error) { _, trailer, err := r.delete("s", at(0)); return trailer, err })
	r.missing("s")

	faults.put(esdbserver.Fault{Kind: esdbserver.TimedOut})
	_, err := r.api.AppendToStream(r.ctx, "client", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
		esdb.EventData{EventType: "x", Data: []byte(`{}`)})
	if e, _ := esdb.FromError(err); e == nil || e.Code() != esdb.ErrorAborted {
		t.Errorf("the client has %v", err)
	}
}

func TestRow22NotReplicated(t *testing.T) {
	t.Parallel()
	var faults planned
	r := serve(t, esdbserver.Config{Fault: faults.next, CommitTimeout: 100 * time.Millisecond})
	faults.put(esdbserver.Fault{Kind: esdbserver.TimedOutWritten}, esdbserver.Fault{Kind: esdbserver.NotReplicated},
		esdbserver.Fault{Kind: esdbserver.NotReplicated})
	for range 3 {
		_, trailer, err := r.append("s", noStream, batch("a", "b")...)
		r.refused(err, trailer, codes.Aborted)
	}
	r.wrote(1, "s", noStream, batch("a", "b")...)
	r.shows("[0 1]", ofStream("s"))
}

func TestRow23NotReadyNotLeader(t *testing.T) {
	var faults planned
	r := serve(t, esdbserver.Config{Fault: faults.next})
	for what, call := range map[string]func() (metadata.MD, error){
		"append": func() (metadata.MD, error) {
			_, trailer, err := r.append("s", noStream, batch("a")...)
			return trailer, err
		},
		"delete":    func() (metadata.MD, error) { _, trailer, err := r.delete("s", anything); return trailer, err },
		"tombstone": func() (metadata.MD, error) { _, trailer, err := r.tombstone("s", anything); return trailer, err },
		"read":      func() (metadata.MD, error) { _, trailer, err := r.read(request(ofAll)); return trailer, err },
		"subscribe": func() (metadata.MD, error) {
			_, trailer, err := r.read(request(ofStream("s"), endless))
			return trailer, err
		},
	} {
		t.Run(what, func(t *testing.T) {
			r := r.under(t)
			faults.put(esdbserver.Fault{Kind: esdbserver.NotReady})
			trailer, err := call()
			r.refused(err, trailer, codes.Unavailable)
			if !strings.HasSuffix(err.Error(), "Server Is Not Ready") {
				t.Errorf("it says %v", err)
			}
			faults.put(esdbserver.Fault{Kind: esdbserver.NotLeader, Host: "leader.example", Port: 2114})
			trailer, err = call()
			r.refused(err, trailer, codes.NotFound, "exception", "not-leader",
				"leader-endpoint-host", "leader.example", "leader-endpoint-port", "2114")
			if c := faults.calls[len(faults.calls)-1]; c.Method != what || c.Stream != "s" && c.Stream != "" {
				t.Errorf("the hook was asked about %+v", c)
			}
		})
	}
	r.missing("s")

	// The client goes to the leader it is told.
	leader := serve(t, esdbserver.Config{})
	host, text, err := net.SplitHostPort(leader.Address())
	r.must(err)
	port, err := strconv.Atoi(text)
	r.must(err)
	faults.put(esdbserver.Fault{Kind: esdbserver.NotLeader, Host: host, Port: port})
	write := func() error {
		_, err := r.api.AppendToStream(r.ctx, "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
			esdb.EventData{EventType: "x", Data: []byte(`{}`)})
		return err
	}
	if e, _ := esdb.FromError(write()); e == nil || e.Code() != esdb.ErrorCodeNotLeader {
		t.Errorf("the client has %v", e)
	}
	r.must(write())
	leader.shows("[0]", ofStream("s"))
	r.missing("s")
}

// TestStop: stopping answers what is in flight, ends subscriptions, and refuses what comes later.
func TestStop(t *testing.T) {
	disk := newStallingDisk()
	r := serveStore(t, onMem(disk), esdbserver.Config{CommitTimeout: time.Hour})
	sub := r.subscribe(ofAll, endless)
	sub.until("caught up")
	goOn := disk.stall(t)
	answered := make(chan error, 1)
	go func() {
		_, _, err := r.append("s", noStream, batch("a")...)
		answered <- err
	}()
	<-disk.arrived
	stopped := make(chan error, 1)
	go func() { stopped <- r.Server.Stop(r.ctx) }()
	if _, err := sub.call.Recv(); err == nil {
		t.Error("the subscription goes on")
	}
	goOn()
	r.must(<-answered)
	r.must(<-stopped)
	if last, found, err := r.Store.Last(r.ctx, "s"); err != nil || !found || last.Version != 1 {
		t.Errorf("what was in flight: %v, %v, %v", last, found, err)
	}

	// With no time left, what hangs is broken off.
	r.reopen()
	goOn = disk.stall(t)
	go func() {
		_, _, err := r.append("t", noStream, batch("a")...)
		answered <- err
	}()
	<-disk.arrived
	now, cancel := context.WithCancel(r.ctx)
	cancel()
	if err := r.Server.Stop(now); err == nil {
		t.Error("stopping with no time left says that all is done")
	}
	if err := <-answered; err == nil {
		t.Error("the append was answered with success while its sync was stalled")
	}
	goOn()
}
