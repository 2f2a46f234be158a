package cli_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/plygames/ply/infra/config"
)

func TestHelpExplainsEveryFlag(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}} {
		r := run(t, nil, args...)
		if r.code != 0 || r.errors != "" {
			t.Fatalf("%v: code %d, %s", args, r.code, r.errors)
		}
		words := strings.Join(strings.Fields(r.out), " ") // lines are wrapped
		flags := reflect.TypeFor[config.Flags]()
		for i := range flags.NumField() {
			tag := flags.Field(i).Tag
			env, _, _ := strings.Cut(tag.Get("env"), ",")
			if !strings.Contains(words, tag.Get("help")) || !strings.Contains(words, "$"+env) {
				t.Errorf("%v: nothing about %s", args, env)
			}
			if value := tag.Get("default"); !strings.Contains(words, "default "+value) {
				t.Errorf("%v: not the default %q of %s", args, value, tag.Get("env"))
			}
		}
	}
	for _, command := range []string{"verify", "backup", "restore", "health", "version"} {
		if r := run(t, nil, command, "--help"); r.code != 0 || !strings.Contains(r.out, "Usage: ply "+command) {
			t.Errorf("%s: code %d\n%s", command, r.code, r.out)
		}
	}
}

func TestVersion(t *testing.T) {
	if r := run(t, nil, "version"); r.code != 0 || !strings.HasPrefix(r.out, "ply ") || strings.Count(r.out, "\n") != 1 {
		t.Errorf("code %d, %q", r.code, r.out)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	r := run(t, []string{"PLY_HOT_GAMES=many", "PLY_ADDR=nowhere"}, "--log-levle=debug", "--drain", "1h", "--roles=play,king")
	if r.code != 2 || r.out != "" {
		t.Errorf("code %d, output %q", r.code, r.out)
	}
	lines := strings.Split(strings.TrimSpace(r.errors), "\n")
	for _, want := range []string{
		`ply: unknown flag --log-levle, did you mean "--log-level"?`,
		`ply: --addr (PLY_ADDR): "nowhere" is no address; give HOST:PORT`,
		`ply: --hot-games (PLY_HOT_GAMES): "many" is out of range; give a whole number`,
		`ply: --drain (PLY_DRAIN): "1h" is no duration that fits; give a number with a unit`,
		`ply: --roles (PLY_ROLES): "king" is no role; give a list out of`,
	} {
		found := false
		for _, line := range lines {
			found = found || strings.HasPrefix(line, want)
		}
		if !found {
			t.Errorf("no line %q in\n%s", want, r.errors)
		}
	}
	if len(lines) != 6 {
		t.Errorf("%d lines, want one for each mistake and a hint:\n%s", len(lines), r.errors)
	}
}

func TestAFlagBeatsItsVariable(t *testing.T) {
	if r := run(t, []string{"PLY_LOG_LEVEL=nonsense"}, "--log-level=info", "--addr=x"); strings.Contains(r.errors, "nonsense") {
		t.Errorf("the variable was read:\n%s", r.errors)
	}
}

func TestUnknownVariablesAreTold(t *testing.T) {
	r := run(t, []string{"PLY_ADRR=127.0.0.1:1"}, "version")
	want := "ply: warning: environment variable PLY_ADRR means nothing to ply and is ignored; did you mean PLY_ADDR?\n"
	if r.code != 0 || r.errors != want {
		t.Errorf("code %d, said %q, want %q", r.code, r.errors, want)
	}
}

func TestWhatCanNotBeOpenedIsTold(t *testing.T) {
	running := start(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	free := "PLY_ADDR=127.0.0.1:0"
	for name, c := range map[string]struct {
		env  []string
		want []string
	}{
		"second server on the folder": {
			[]string{free, "PLY_DATA=" + running.data},
			[]string{"data folder " + running.data + " is in use by the ply server with process id", running.addr, "--data (PLY_DATA)"},
		},
		"port in use": {
			[]string{"PLY_ADDR=" + strings.TrimPrefix(running.addr, "http://"), "PLY_DATA=" + t.TempDir()},
			[]string{"is in use by another program", "--addr (PLY_ADDR)"},
		},
		"second port in use": {
			[]string{free, "PLY_ADMIN_ADDR=" + strings.TrimPrefix(running.admin, "http://"), "PLY_DATA=" + t.TempDir()},
			[]string{"is in use by another program", "--admin-addr (PLY_ADMIN_ADDR)"},
		},
		"folder below a file": {
			[]string{free, "PLY_DATA=" + filepath.Join(file, "data")},
			[]string{"can't be written", "--data (PLY_DATA)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, c.env)
			if r.code != 1 || r.out != "" {
				t.Errorf("code %d, output %q", r.code, r.out)
			}
			last := strings.TrimSpace(r.errors)
			last = last[strings.LastIndex(last, "\n")+1:]
			for _, want := range c.want {
				if !strings.HasPrefix(last, "ply: ") || !strings.Contains(last, want) {
					t.Errorf("no %q in %q", want, r.errors)
				}
			}
		})
	}
}

// TestTheUsualSecondPortMayBeTaken: two servers on one machine need no setting for the second listener.
func TestTheUsualSecondPortMayBeTaken(t *testing.T) {
	var admins []string
	for range 2 {
		s := launch(t, []string{"PLY_ADDR=127.0.0.1:0", "PLY_DATA=" + t.TempDir()})
		admins = append(admins, s.admin)
	}
	if admins[0] == admins[1] {
		t.Errorf("both on %s", admins[0])
	}
}
