package deploy_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/plygames/ply/infra/config"
	"github.com/plygames/ply/tests/harness"
)

// composed is what docker-compose makes of its files.
type composed struct {
	Services map[string]service
	Networks map[string]struct {
		IPAM struct{ Config []struct{ Subnet string } }
	}
	Volumes map[string]any
}

type service struct {
	Image       string
	Build       any
	Environment map[string]string
	Ports       []port
	Volumes     []string
	Networks    map[string]struct {
		Address string `yaml:"ipv4_address"`
	}
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck *struct{ Test any }
	Restart     string
	StopGrace   string `yaml:"stop_grace_period"`
	NetworkMode string `yaml:"network_mode"`
}

// port is one that is published, as ADDRESS:OUTSIDE:INSIDE or OUTSIDE:INSIDE; the program writes the second as a map.
type port string

func (p *port) UnmarshalYAML(node *yaml.Node) error {
	var long struct {
		Host              string `yaml:"host_ip"`
		Published, Target string
	}
	if node.Kind == yaml.ScalarNode {
		*p = port(strings.TrimSuffix(node.Value, "/tcp"))
		return nil
	}
	err := node.Decode(&long)
	*p = port(strings.TrimPrefix(long.Host+":"+long.Published+":"+long.Target, ":"))
	return err
}

// compose has the real program read the files and gives the result.
func compose(t *testing.T, env []string, files ...string) composed {
	t.Helper()
	program := harness.NeedPackage(t, "docker-compose", "docker-compose")
	var args []string
	for _, f := range files {
		args = append(args, "-f", f)
	}
	out, err := run(t, env, program, append(args, "config")...)
	if err != nil {
		t.Fatalf("docker-compose config: %v\n%s", err, out)
	}
	var c composed
	if err := yaml.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return c
}

// plys are the services that run ply, with their roles.
func (c composed) plys() map[string]string {
	roles := map[string]string{}
	for name, s := range c.Services {
		if s.Image == "ply" {
			roles[name] = s.Environment["PLY_ROLES"]
		}
	}
	return roles
}

func TestComposeDescribesTheWholeCluster(t *testing.T) {
	c := compose(t, nil, "docker-compose.yml")
	want := map[string]string{"ws1": "play", "ws2": "play", "ws3": "play", "ws4": "play", "watch1": "watch", "watch2": "watch", "relay": "relay", "project": "project"}
	if got := c.plys(); !maps.Equal(got, want) {
		t.Errorf("servers %v, want %v", got, want)
	}
	for _, name := range []string{"lb", "redis", "kafka", "eventstore", "prometheus", "grafana", "key"} {
		if _, ok := c.Services[name]; !ok {
			t.Errorf("no service %s", name)
		}
	}
	pinned := regexp.MustCompile(`:v?\d+\.\d+\.\d+(-[a-z]+)?$`)
	public := map[string][]port{"lb": {"8080:8080"}, "prometheus": {"127.0.0.1:9090:9090"}, "grafana": {"127.0.0.1:3000:3000"}}
	apps, folders := map[string]string{}, map[string]string{}
	for name, s := range c.Services {
		if s.Image != "ply" && !pinned.MatchString(s.Image) {
			t.Errorf("%s: image %q is not pinned to a release", name, s.Image)
		}
		if !slices.Equal(s.Ports, public[name]) {
			t.Errorf("%s publishes %v, want %v", name, s.Ports, public[name])
		}
		if name == "key" {
			continue // runs once
		}
		if s.Restart != "unless-stopped" {
			t.Errorf("%s: restart %q", name, s.Restart)
		}
		if s.Healthcheck == nil && s.Image != "ply" { // ply's is in its image
			t.Errorf("%s has no health check", name)
		}
		if _, ok := s.Networks["cluster"]; !ok {
			t.Errorf("%s is not in the network", name)
		}
		for _, v := range s.Volumes {
			source, target, _ := strings.Cut(v, ":")
			if strings.HasPrefix(source, "/") {
				if _, err := os.Stat(source); err != nil {
					t.Errorf("%s mounts what is not there: %v", name, err)
				}
				continue
			}
			if other, taken := folders[source]; taken && source != "keys" {
				t.Errorf("%s and %s share the volume %s", name, other, source)
			}
			folders[source] = name
			if s.Image == "ply" && source == "keys" && target != "/keys:ro" {
				t.Errorf("%s mounts the keys as %s", name, target)
			}
		}
		if id := s.Environment["APPID"]; s.Image == "ply" {
			if other, taken := apps[id]; taken || id == "" {
				t.Errorf("%s has the APPID %q, as %s", name, id, other)
			}
			apps[id] = name
		}
	}
	for i, id := range []string{"1111", "2222", "3333", "4444"} {
		if want := fmt.Sprintf("ws%d", i+1); apps[id] != want {
			t.Errorf("APPID %s is %s, want %s", id, apps[id], want)
		}
	}
}

func TestComposeGivesEveryServerSettingsThatItTakes(t *testing.T) {
	plain := compose(t, nil, "docker-compose.yml")
	for what, c := range map[string]composed{
		"as it is":        plain,
		"without journal": compose(t, []string{"PLY_JOURNAL=off", "PLY_ORIGINS=https://play.example.org"}, "docker-compose.yml"),
		"on ply's store":  compose(t, nil, "docker-compose.yml", "infra/deploy/compose/store.yml"),
	} {
		for name, role := range c.plys() {
			s := c.Services[name]
			settings := settingsOf(t, s.Environment)
			if err := settings.err; err != nil {
				t.Errorf("%s: %s: %v", what, name, err)
				continue
			}
			got := settings.Config
			grace, err := time.ParseDuration(s.StopGrace)
			if most := got.Drain + 40*time.Second; err != nil || grace < most {
				t.Errorf("%s: %s has %q to stop, needs %v (%v)", what, name, s.StopGrace, most, err)
			}
			if role == "store" {
				continue
			}
			for _, need := range []string{"key", "eventstore", "redis", "kafka"} {
				if _, ok := s.DependsOn[need]; !ok {
					t.Errorf("%s: %s does not wait for %s", what, name, need)
				}
			}
			lb := c.Services["lb"].Networks["cluster"].Address
			if len(got.TrustedProxies) != 1 || got.TrustedProxies[0].String() != lb+"/32" {
				t.Errorf("%s: %s trusts %v, the proxy is %s", what, name, got.TrustedProxies, lb)
			}
			if got.Journal != (what != "without journal") || len(got.Kafka.Brokers) != 1 || !strings.Contains(got.Store, "//eventstore:2113") {
				t.Errorf("%s: %s: %+v", what, name, got)
			}
		}
	}
	store := compose(t, nil, "docker-compose.yml", "infra/deploy/compose/store.yml").Services["eventstore"]
	if store.Image != "ply" || store.Environment["PLY_ROLES"] != "store" {
		t.Errorf("with store.yml the eventstore is %+v", store)
	}
}

// taken is what ply makes of an environment.
type taken struct {
	config.Config
	err error
}

// settingsOf reads an environment as the command line does: the tags name the variables and the defaults.
func settingsOf(t *testing.T, environment map[string]string) taken {
	t.Helper()
	var flags config.Flags
	fields := reflect.ValueOf(&flags).Elem()
	var environ []string
	for name, value := range environment {
		if !strings.HasPrefix(name, "KURRENTDB_") { // what store.yml can't take away
			environ = append(environ, name+"="+value)
		}
	}
	for i := range fields.NumField() {
		tag := fields.Type().Field(i).Tag
		fields.Field(i).SetString(tag.Get("default"))
		for _, name := range slices.Backward(strings.Split(tag.Get("env"), ",")) {
			if value, ok := environment[name]; ok {
				fields.Field(i).SetString(value)
			}
		}
	}
	if unknown := config.UnknownVariables(environ); len(unknown) > 0 {
		t.Errorf("%s", strings.Join(unknown, "\n"))
	}
	if flags.SigningKeyFile != "" { // in the container; here another one will do
		flags.SigningKeyFile = filepath.Join(t.TempDir(), "signing")
		if err := os.WriteFile(flags.SigningKeyFile, []byte(strings.Repeat("0a", 32)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := flags.Config()
	return taken{c, err}
}

// TestComposeMakesAKeyThatServersTake runs the command of the service that makes the signing key.
func TestComposeMakesAKeyThatServersTake(t *testing.T) {
	c := compose(t, nil, "docker-compose.yml")
	out, err := os.ReadFile(filepath.Join(root(t), "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^      - (test -s /keys/signing .*)$`).FindSubmatch(out)
	if found == nil || c.Services["key"].NetworkMode != "none" {
		t.Fatal("no command that makes a key, or it has a network")
	}
	dir := t.TempDir()
	script := strings.ReplaceAll(string(found[1]), "/keys/", dir+"/")
	if os.Geteuid() != 0 {
		script = strings.ReplaceAll(script, "chown 65532", "true")
	}
	var first string
	for range 2 { // the second run must leave it alone
		if out, err := run(t, nil, "sh", "-ec", script); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		key, err := os.ReadFile(filepath.Join(dir, "signing"))
		if err != nil || !regexp.MustCompile(`^[0-9a-f]{64}$`).Match(key) {
			t.Fatalf("the key is %q, %v", key, err)
		}
		if first == "" {
			first = string(key)
		} else if first != string(key) {
			t.Error("a second start made another key")
		}
	}
}

// TestTheProxyKnowsTheServersOfCompose has HAProxy read its file with the environment that it gets in its container.
func TestTheProxyKnowsTheServersOfCompose(t *testing.T) {
	c := compose(t, nil, "docker-compose.yml")
	lb := c.Services["lb"]
	behind := map[string]bool{}
	env := []string{"PLY_LB_SOCKET=" + filepath.Join(t.TempDir(), "s"), "PLY_LB_MAXCONN=100"} // those of this machine
	for name, value := range lb.Environment {
		if host, _, ok := strings.Cut(value, ":"); ok && host != "" {
			behind[host] = true
			value = "127.0.0.1:8080" // names of containers are known in containers only
		}
		if name != "PLY_LB_MAXCONN" {
			env = append(env, name+"="+value)
		}
	}
	for name, role := range c.plys() {
		if behind[name] != (role == "play" || role == "watch" || role == "project") {
			t.Errorf("%s (%s) is behind the proxy: %v", name, role, behind[name])
		}
	}
	out, err := run(t, env, harness.NeedPackage(t, "haproxy", "haproxy"), "-c", "-dW", "-f", harness.HAProxyFile(t))
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	known := regexp.MustCompile(`\bPLY_[A-Z0-9_]+`).FindAllString(string(read(t, "infra", "deploy", "haproxy", "haproxy.cfg")), -1)
	for name := range lb.Environment {
		if !slices.Contains(known, name) {
			t.Errorf("the proxy's file does not know %s", name)
		}
	}
}
