package deploy_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/haproxy"
)

func TestHAProxyTakesItsConfiguration(t *testing.T) {
	haproxyBinary := harness.NeedPackage(t, "haproxy", "haproxy")
	file := harness.HAProxyFile(t)
	all := haproxy.Config{
		Play: []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4"}, Watch: []string{"127.0.0.1:5", "127.0.0.1:6"},
		Project: []string{"127.0.0.1:7", "127.0.0.1:8"},
	}
	least := haproxy.Config{Play: all.Play[:1], Watch: all.Watch[:1], Project: all.Project[:1]}
	for name, c := range map[string]struct {
		env  []string
		want string // in what it prints when it refuses; empty = it must accept without a warning
	}{
		"all servers":        {env: all.Env()},
		"as few as possible": {env: least.Env()},
		"everything set": {env: append(all.Env(), "PLY_LB_LISTEN=127.0.0.1:1234", "PLY_LB_STATS=127.0.0.1:1235",
			"PLY_LB_SOCKET="+filepath.Join(t.TempDir(), "s"), "PLY_LB_MAXCONN=100")},
		"no play server":   {env: []string{"PLY_WATCH1=127.0.0.1:5", "PLY_PROJECT=127.0.0.1:7"}, want: "PLY_WS1 is not set"},
		"no watch server":  {env: []string{"PLY_WS1=127.0.0.1:1", "PLY_PROJECT=127.0.0.1:7"}, want: "PLY_WATCH1 is not set"},
		"no project":       {env: []string{"PLY_WS1=127.0.0.1:1", "PLY_WATCH1=127.0.0.1:5"}, want: "PLY_PROJECT is not set"},
		"no port":          {env: append(all.Env(), "PLY_WS2=127.0.0.1"), want: "ws2"},
		"an empty address": {env: append(all.Env(), "PLY_WS2="), want: "'server' expects"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := run(t, c.env, haproxyBinary, "-c", "-dW", "-f", file) // -dW: a warning is an error
			switch {
			case c.want == "" && err != nil:
				t.Errorf("%v\n%s", err, out)
			case c.want != "" && (err == nil || !strings.Contains(out, c.want)):
				t.Errorf("accepted, or refused without saying %q: %v\n%s", c.want, err, out)
			}
		})
	}
}

func TestANameThatIsNotKnownYetDoesNotKeepTheProxyDown(t *testing.T) {
	haproxyBinary := harness.NeedPackage(t, "haproxy", "haproxy")
	c := haproxy.Config{Play: []string{"127.0.0.1:1", "no-such-container.invalid:8080"}, Watch: []string{"127.0.0.1:5"}, Project: []string{"127.0.0.1:7"}}
	out, err := run(t, c.Env(), haproxyBinary, "-c", "-f", harness.HAProxyFile(t))
	if err != nil || !strings.Contains(out, "could not resolve address 'no-such-container.invalid'") {
		t.Errorf("%v\n%s", err, out)
	}
}
