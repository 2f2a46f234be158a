package upgrade_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/robustness"
	"github.com/plygames/ply/transport/client"
)

// TestRollingUpgrade replaces a whole site of the last release by this one, part by part and in the order in which the README
// has it, while people play through the proxy: nothing is lost, nobody is refused anything for it, and what the old servers
// have left in their folders is read by the new ones or made anew. Then it goes all the way back.
func TestRollingUpgrade(t *testing.T) {
	last := release(t)
	at := open(t, shape{store: last, servers: [2]string{last, last}, journal: *long > 0, kafka: *long > 0})
	var addrs []string
	for _, s := range at.servers {
		addrs = append(addrs, strings.TrimPrefix(s.URL, "http://"))
	}
	proxy := harness.StartHAProxy(t, harness.Servers{Play: addrs, Watch: addrs, Project: addrs})
	ctx := harness.Within(t, *long+6*time.Minute)
	record := robustness.NewRecorder()
	crowd := robustness.Gather(ctx, client.New(proxy.URL(), client.Options{FirstReconnect: 200 * time.Millisecond, MaxReconnect: time.Second}),
		record, 6, uint64(time.Now().UnixNano()))
	folded := [2]string{last, last}
	replace := func(program string) {
		goesOn(t, record)
		at.store.Stop()
		at.store.Replace(program)
		at.store.Restart()
		for i, s := range at.servers {
			goesOn(t, record)
			s.Stop()
			s.Replace(program)
			s.Restart()
			folded[i] = program
		}
		goesOn(t, record)
	}
	until := time.Now().Add(*long)
	for replace(today); time.Now().Before(until) && crowd.Failed() == nil; replace(today) {
		replace(last)
	}
	at.seek(ctx, 8)
	for _, s := range at.servers {
		if !strings.Contains(s.Logs(), "a view is rebuilt from the beginning") {
			t.Errorf("%s has not rebuilt the view of games, whose rows had an older schema", s.Name())
		}
	}
	replace(last)
	at.seek(ctx, 8)
	if _, err := crowd.Leave(); err != nil {
		t.Error(err)
	}
	at.settle(ctx, record, folded)
}
