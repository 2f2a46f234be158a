package rest_test

import (
	"net/url"
	"strings"
	"testing"
)

// Find implements rest.Finder over the world's names.
func (w *world) Find(beginning string, limit int, yield func(player, name string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for player, name := range w.names {
		if strings.HasPrefix(name, beginning) && limit > 0 {
			limit--
			yield(player, name)
		}
	}
}

func TestFindByName(t *testing.T) {
	w := newWorld(t)
	_, token := w.guest("Ann")
	w.names = map[string]string{"p_1": "<b>Ann", "p_2": "Bo", "p_3": "Bob"}
	for query, want := range map[string]string{
		"name=" + url.QueryEscape("<b>"): `{"players":[{"id":"p_1","name":"\u003cb\u003eAnn"}]}`,
		"name=+Bob+&limit=50":            `{"players":[{"id":"p_3","name":"Bob"}]}`,
		"name=Cy":                        `{"players":[]}`,
	} {
		if a := w.ask("GET", "/api/players?"+query, token, ""); a.status != 200 || strings.TrimSpace(a.body) != want {
			t.Errorf("%s: %d %s, want %s", query, a.status, a.body, want)
		}
	}
	if a := w.ask("GET", "/api/players?name=B&limit=1", "", ""); strings.Count(a.body, `"id"`) != 1 {
		t.Errorf("one is asked for: %s", a.body)
	}
	for _, query := range []string{"", "name=", "name=+", "name=a&name=b", "name=" + strings.Repeat("a", 33), "name=a&limit=0", "name=a&limit=51", "name=a&limit=x"} {
		if a := w.ask("GET", "/api/players?"+query, "", ""); a.status != 422 {
			t.Errorf("%q: %d %s", query, a.status, a.body)
		}
	}
	if a := w.ask("GET", "/api/players?name=a", "nonsense", ""); a.status != 401 {
		t.Errorf("with a bad token: %d", a.status)
	}
}
