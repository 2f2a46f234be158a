package arch

import "regexp"

// module is our import path.
const module = "github.com/plygames/ply"

// Limits.
const (
	maxLines = 600
	maxDepth = 4
)

// layer says what the packages of one folder may import of ours. The first layer whose folder holds a package counts.
type layer struct {
	folder string   // "" = the repository's root
	ours   []string // folders of ours that may be imported, with what is below them
}

// layers are the arrows. A package may import packages of its own layer unless alone forbids it.
var layers = []layer{
	{"domain", []string{"domain"}},
	{"commands", []string{"domain", "commands"}},
	{"projections", []string{"domain", "projections"}},
	{"transport", []string{"domain", "transport"}},
	{"infra/app", []string{"domain", "commands", "projections", "transport", "infra"}},
	{"infra/cli", []string{"domain", "commands", "projections", "transport", "infra"}},
	{"infra", []string{"domain", "commands", "projections", "transport"}}, // adapters do not know one another
	{"tests", []string{"domain", "commands", "projections", "transport", "infra", "tests"}},
	{"", []string{"infra"}}, // main.go
}

// libraries are the folders where each library may be imported; all others are at home nowhere. Test files may also
// import the libraries in testing.
var libraries = map[string][]string{
	"github.com/corentings/chess/":         {"domain/games/chess"},
	"github.com/go-json-experiment/json":   {"transport"},
	"golang.org/x/time/":                   {"transport", "infra"},
	"golang.org/x/sync/":                   {"infra"},
	"golang.org/x/sys/":                    {"infra", "transport/socket"},
	"github.com/coder/websocket":           {"transport/socket", "transport/client", "infra/load"},
	"github.com/golang-jwt/jwt/":           {"transport/auth"},
	"github.com/MicahParks/":               {"transport/auth"},
	"gopkg.in/yaml.v3":                     {"transport/spec"},
	"github.com/ThreeDotsLabs/watermill":   {"infra/bus"},
	"github.com/IBM/sarama":                {"infra/bus"},
	"google.golang.org/":                   {"infra/esdbserver", "infra/eventstoredb"},
	"github.com/redis/rueidis":             {"infra/redis"},
	"github.com/cockroachdb/":              {"infra/pebble"},
	"github.com/parquet-go/parquet-go":     {"infra/parquet"},
	"github.com/EventStore/":               {"infra/eventstoredb", "infra/esdbserver"},
	"github.com/prometheus/client_golang/": {"infra/metrics"},
	"github.com/alecthomas/kong":           {"infra/cli"},
}

// testing are libraries for tests of any package.
var testing = []string{
	"go.uber.org/goleak", "pgregory.net/rapid", "github.com/anishathalye/porcupine", "github.com/chromedp/",
	"github.com/getkin/kin-openapi/", "github.com/coder/websocket", "github.com/golang-jwt/jwt/", "gopkg.in/yaml.v3",
	"github.com/EventStore/", "github.com/IBM/sarama", "github.com/redis/rueidis", "google.golang.org/",
}

// impure are packages of the standard library that the domain keeps away from.
var impure = []string{"net", "os", "log", "syscall", "io/fs", "math/rand", "crypto/rand", "runtime", "unsafe", "plugin"}

// clocks are the functions of package time that read or wait for a clock.
var clocks = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true, "Tick": true,
	"NewTimer": true, "NewTicker": true,
}

// top are the entries that may lie at the repository's root, besides dot-files.
var top = map[string]bool{
	"domain": true, "commands": true, "projections": true, "transport": true, "infra": true, "tests": true,
	"docker-compose.yml": true, "go.mod": true, "go.sum": true, "README.md": true, "main.go": true, "LICENSE": true,
	"Dockerfile": true, "Makefile": true, "CONTRIBUTING.md": true, "CHANGELOG.md": true, "SECURITY.md": true,
}

// machinePath finds absolute paths that exist on one machine only. It is pieced together so that it does not find
// itself.
var machinePath = regexp.MustCompile(`(^|[\s"'` + "`" + `(=:])/(work|root|home|Users|tmp)` + `/`)
