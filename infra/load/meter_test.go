package load

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestMeters(t *testing.T) {
	text := "# HELP x y\nprocess_cpu_seconds_total 1.5\nprocess_resident_memory_bytes 2.097152e+06\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		fmt.Fprint(w, text)
	}))
	defer server.Close()
	var looking meters
	for _, name := range []string{server.URL + "/", fmt.Sprintf("pid:%d", os.Getpid())} {
		m, err := newMeter(name)
		if err != nil {
			t.Fatal(err)
		}
		looking = append(looking, m)
	}
	parts, all, known := looking.use()
	if !known || len(parts) != 2 {
		t.Fatalf("%v, %v", parts, known)
	}
	if want := (Use{server.URL, 1.5, 2 << 20}); parts[0] != want {
		t.Errorf("a listener: %+v, want %+v", parts[0], want)
	}
	own := parts[1]
	if own.Memory < 1<<20 || own.Part == "" || strings.ContainsAny(own.Part, "()") {
		t.Errorf("this process: %+v", own)
	}
	if all.CPU != own.CPU+1.5 || all.Memory != own.Memory+2<<20 {
		t.Errorf("together: %+v of %+v", all, parts)
	}
	// What one of them used can't be told from what all did when it does not answer.
	text = "nothing of that\n"
	if parts, _, known := looking.use(); known {
		t.Errorf("without an answer: %+v", parts)
	}
	for _, wrong := range []string{"pid:", "pid:0", "pid:ply"} {
		if _, err := newMeter(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}
