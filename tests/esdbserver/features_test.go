package esdbserver_test

import (
	"sync"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/plygames/ply/infra/esdbserver"
)

// observed counts calls by method and result.
type observed struct {
	mu            sync.Mutex
	calls         map[string]int
	subscriptions int
}

func (o *observed) Called(method, result string, _ float64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls[method+" "+result]++
}

func (o *observed) Subscriptions(open int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.subscriptions = open
}

func (o *observed) open() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.subscriptions
}

func (o *observed) count(call string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls[call]
}

func TestRow38Features(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	conn, err := grpc.NewClient(r.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	r.must(err)
	defer conn.Close()
	features, err := serverfeatures.NewServerFeaturesClient(conn).GetSupportedMethods(r.ctx, &shared.Empty{})
	r.must(err)
	if features.EventStoreServerVersion != "26.1.0" {
		t.Errorf("version %q", features.EventStoreServerVersion)
	}
	// Every method that is promised under the streams service is there, and no other.
	promised := map[string]bool{}
	for _, m := range features.Methods {
		if m.ServiceName == "event_store.client.streams.streams" {
			promised[m.MethodName] = true
		}
	}
	for method, there := range map[string]bool{"append": true, "read": true, "delete": true, "tombstone": true, "batchappend": false} {
		if promised[method] != there {
			t.Errorf("%s promised: %v", method, promised[method])
		}
	}
	call, err := r.raw.BatchAppend(r.ctx)
	r.must(err)
	_, err = call.Recv()
	r.refused(err, nil, codes.Unimplemented)

	version, err := r.api.GetServerVersion()
	if err != nil || version.Major != 26 || version.Minor != 1 || version.Patch != 0 {
		t.Errorf("the client has %+v, %v", version, err)
	}
	// A version with a suffix is the end of the client: the adapter must tell.
	suffixed := serve(t, esdbserver.Config{Version: "26.1.0-prerelease"})
	if _, err := suffixed.api.GetServerVersion(); err == nil {
		t.Error("the client understands a version with a suffix")
	}
}

// TestGossip lets the client look for a cluster: it finds one node, the leader, by the address it came to or by the
// one that is advertised.
func TestGossip(t *testing.T) {
	behind := serve(t, esdbserver.Config{})
	for name, r := range map[string]*rig{
		"by itself":  serve(t, esdbserver.Config{}),
		"advertised": serve(t, esdbserver.Config{Advertise: behind.Address()}),
	} {
		t.Run(name, func(t *testing.T) {
			r := r.under(t)
			config, err := esdb.ParseConnectionString("esdb+discover://" + r.Address() + "?tls=false")
			r.must(err)
			config.Logger = esdb.NoopLogging()
			client, err := esdb.NewClient(config)
			r.must(err)
			defer client.Close()
			_, err = client.AppendToStream(r.ctx, "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
				esdb.EventData{EventType: "x", Data: []byte(`{}`)})
			r.must(err)
		})
	}
	behind.shows("[0]", ofStream("s"))
	if _, err := esdbserver.New(esdbserver.Config{Store: behind.Store, Advertise: "no port"}); err == nil {
		t.Error("an address without a port is advertised")
	}
	if _, err := esdbserver.New(esdbserver.Config{}); err == nil {
		t.Error("a server without a store is made")
	}
}
