package cluster_test

import (
	"fmt"
	"testing"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/network"
)

// apart puts each part of a site on a machine of its own. A proxy stands on the machines of Redis, Kafka and the store,
// and before HAProxy, for what a router can't do.
type apart struct {
	net     *network.Net
	places  map[string]network.Place
	fronts  map[string]*network.Proxy
	proxied int // port of the proxies
}

func newApart(t testing.TB) *apart {
	t.Helper()
	n := harness.NewNetwork(t)
	return &apart{net: n, places: map[string]network.Place{}, fronts: map[string]*network.Proxy{}, proxied: 9999}
}

// place is where a part runs; the machine is made when it is first asked for.
func (a *apart) place(t testing.TB, name string) network.Place {
	t.Helper()
	if a == nil {
		return network.Place{}
	}
	if _, ok := a.places[name]; !ok {
		p, err := a.net.Add(name)
		if err != nil {
			t.Fatal(err)
		}
		a.places[name] = p
	}
	return a.places[name]
}

// front is where the proxy before a part listens, or will.
func (a *apart) front(name string) string {
	return fmt.Sprintf("%s:%d", a.places[name].Host, a.proxied)
}

// pass starts the proxy before a part, and gives where it listens.
func (a *apart) pass(t testing.TB, name, target string) string {
	t.Helper()
	l, err := a.net.Listen(name, a.proxied)
	if err != nil {
		t.Fatal(err)
	}
	p := network.NewProxy(l, target)
	t.Cleanup(p.Close)
	a.fronts[name] = p
	return p.Addr()
}

// heal ends all troubles of the network.
func (a *apart) heal() error {
	for _, p := range a.fronts {
		p.Set(network.Trouble{})
	}
	return a.net.Heal()
}
