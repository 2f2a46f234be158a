package deploy_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/plygames/ply/tests/harness"
)

// The tools of Prometheus read what Prometheus reads, and play the alerts.
func TestPrometheusTakesItsFiles(t *testing.T) {
	promtool := harness.NeedPackage(t, "prometheus", "promtool")
	dir := filepath.Join("infra", "deploy", "prometheus")
	for _, args := range [][]string{
		{"check", "config", filepath.Join(dir, "prometheus.yml")},
		{"test", "rules", filepath.Join(dir, "rules_test.yml")},
	} {
		if out, err := run(t, nil, promtool, args...); err != nil || strings.Contains(out, "FAILED") {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// TestEveryAlertIsPlayed: a rule without a test may never fire.
func TestEveryAlertIsPlayed(t *testing.T) {
	played := string(read(t, "infra", "deploy", "prometheus", "rules_test.yml"))
	for _, r := range rules(t) {
		if !regexp.MustCompile(`alertname: ` + r.Alert + `\b`).MatchString(played) {
			t.Errorf("%s is not in rules_test.yml", r.Alert)
		}
	}
}

// group is a list of targets, as it stands in Prometheus' own file and in those that it reads.
type group struct {
	Targets []string
	Labels  map[string]string
}

// scraped are the targets with their roles, with a file of targets in place of the one that is named.
func scraped(t *testing.T, eventstore string) map[string]string {
	t.Helper()
	var c struct {
		ScrapeConfigs []struct {
			Job    string                     `yaml:"job_name"`
			Static []group                    `yaml:"static_configs"`
			Files  []struct{ Files []string } `yaml:"file_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal(read(t, "infra", "deploy", "prometheus", "prometheus.yml"), &c); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, s := range c.ScrapeConfigs {
		groups := s.Static
		if len(s.Files) == 1 && len(s.Files[0].Files) == 1 && s.Files[0].Files[0] == "kurrentdb.targets.yml" {
			var found []group
			if err := yaml.Unmarshal(read(t, "infra", "deploy", "prometheus", eventstore), &found); err != nil {
				t.Fatal(err)
			}
			groups = append(groups, found...)
		}
		for _, g := range groups {
			for _, target := range g.Targets {
				all[target] = g.Labels["role"]
			}
		}
	}
	return all
}

// TestPrometheusScrapesEveryServer compares the targets with the services of docker-compose.yml.
func TestPrometheusScrapesEveryServer(t *testing.T) {
	kurrent := compose(t, nil, "docker-compose.yml")
	own := compose(t, nil, "docker-compose.yml", "infra/deploy/compose/store.yml")
	for what, c := range map[string]struct {
		composed
		targets map[string]string
	}{
		"on KurrentDB":   {kurrent, scraped(t, "kurrentdb.targets.yml")},
		"on ply's store": {own, scraped(t, "store.targets.yml")},
	} {
		for name, role := range c.plys() {
			target := name + c.Services[name].Environment["PLY_ADMIN_ADDR"]
			if got, ok := c.targets[target]; !ok || got != role {
				t.Errorf("%s: %s is scraped as %q (%v), and its role is %s", what, target, got, ok, role)
			}
		}
		if target := "lb" + c.Services["lb"].Environment["PLY_LB_STATS"]; !hasKey(c.targets, target) {
			t.Errorf("%s: %s is not scraped", what, target)
		}
	}
	if !hasKey(scraped(t, "kurrentdb.targets.yml"), "eventstore:2113") {
		t.Error("KurrentDB is not scraped")
	}
	mounted := false
	for _, v := range own.Services["prometheus"].Volumes {
		mounted = mounted || strings.HasSuffix(v, "/infra/deploy/prometheus/store.targets.yml:/etc/prometheus/kurrentdb.targets.yml:ro")
	}
	if !mounted {
		t.Errorf("store.yml mounts %v", own.Services["prometheus"].Volumes)
	}
}

func hasKey(m map[string]string, key string) bool { _, ok := m[key]; return ok }

type rule struct{ Alert, Expr string }

func rules(t *testing.T) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal(read(t, "infra", "deploy", "prometheus", "rules.yml"), &file); err != nil {
		t.Fatal(err)
	}
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) == 0 {
		t.Fatal("no rules")
	}
	return all
}

// queries are the expressions of the dashboard by the title of their panel.
func queries(t *testing.T) map[string][]string {
	t.Helper()
	var board struct {
		Panels []struct {
			Title, Type string
			Datasource  struct{ UID string }
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read(t, "infra", "deploy", "grafana", "dashboards", "ply.json"), &board); err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			all[p.Title] = append(all[p.Title], target.Expr)
		}
		if p.Type != "row" && (len(p.Targets) == 0 || p.Datasource.UID != "prometheus") {
			t.Errorf("panel %q has %d queries of %q", p.Title, len(p.Targets), p.Datasource.UID)
		}
	}
	if len(all) == 0 {
		t.Fatal("no panels")
	}
	return all
}

// TestTheDashboardAsksInPromQL has promtool read the dashboard's expressions as rules.
func TestTheDashboardAsksInPromQL(t *testing.T) {
	promtool := harness.NeedPackage(t, "prometheus", "promtool")
	type record struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	var records []record
	for _, list := range queries(t) {
		for _, expr := range list {
			expr = strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*").Replace(expr)
			records = append(records, record{fmt.Sprintf("query_%d", len(records)), expr})
		}
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": records}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, nil, promtool, "check", "rules", file); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// series finds the names of series in an expression: what is followed by a selector, a range, or nothing that would make
// it a function or a label.
var series = regexp.MustCompile(`\b(ply|haproxy|process|go|up)(_[a-z0-9_]+)?\b`)

// exported are the names that servers and the proxy serve. Counters by label are served from their first count on, so
// their names are read where they are made.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{"up": true} // Prometheus' own
	sources, err := filepath.Glob(filepath.Join(root(t), "infra", "metrics", "*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatal("no sources of metrics", err)
	}
	made := regexp.MustCompile(`r\.(gauge|gauges|counter|counters|histogram|histograms)\("(ply_[a-z_]+)"|Name: "(ply_[a-z_]+)"`)
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		for _, m := range made.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(m[1], "histogram") {
				for _, suffix := range []string{"_bucket", "_sum", "_count"} {
					names[m[2]+suffix] = true
				}
				continue
			}
			names[m[2]+m[3]] = true
		}
	}
	server, proxy := behind(t)
	for _, url := range []string{server.Admin + "/metrics", "http://" + proxy.Stats + "/metrics"} {
		answer, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(answer.Body)
		for lines.Scan() {
			if name := regexp.MustCompile(`^[a-z0-9_]+`).FindString(lines.Text()); name != "" {
				names[name] = true
			}
		}
		_ = answer.Body.Close()
	}
	return names
}

func TestDashboardAndRulesNameSeriesThatExist(t *testing.T) {
	known := exported(t)
	check := func(where, expr string) {
		plain := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(expr, `""`) // what stands in quotes is a label's value
		found := series.FindAllString(plain, -1)
		if len(found) == 0 {
			t.Errorf("%s asks for nothing: %s", where, expr)
		}
		for _, name := range found {
			if !known[name] {
				t.Errorf("%s asks for %s, which nobody exports: %s", where, name, expr)
			}
		}
	}
	for _, r := range rules(t) {
		check("alert "+r.Alert, r.Expr)
	}
	for title, list := range queries(t) {
		for _, expr := range list {
			check("panel "+title, expr)
		}
	}
	if known["ply_nobody_exports_this"] || !known["ply_command_seconds_bucket"] || !known["ply_alarms_total"] {
		t.Error("the list of names is not what it should be")
	}
}

// TestGrafanaFindsItsDashboard: the provisioning names what is mounted, and the dashboard asks the data source that is
// provisioned.
func TestGrafanaFindsItsDashboard(t *testing.T) {
	var sources struct {
		Datasources []struct{ UID, Type, URL string }
	}
	if err := yaml.Unmarshal(read(t, "infra", "deploy", "grafana", "datasource.yml"), &sources); err != nil {
		t.Fatal(err)
	}
	if len(sources.Datasources) != 1 || sources.Datasources[0].UID != "prometheus" || sources.Datasources[0].URL != "http://prometheus:9090" {
		t.Errorf("data sources %+v", sources.Datasources)
	}
	var boards struct {
		Providers []struct{ Options struct{ Path string } }
	}
	if err := yaml.Unmarshal(read(t, "infra", "deploy", "grafana", "provider.yml"), &boards); err != nil {
		t.Fatal(err)
	}
	mounted := false
	for _, v := range compose(t, nil, "docker-compose.yml").Services["grafana"].Volumes {
		mounted = mounted || len(boards.Providers) == 1 && strings.HasSuffix(v, "dashboards:"+boards.Providers[0].Options.Path+":ro")
	}
	if !mounted {
		t.Errorf("providers %+v are not mounted", boards.Providers)
	}
}
