package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	seats "github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/auth"
)

func game(seat string) seats.Seat { return seats.Seat(seat) }

// book keeps revocations for tests.
type book struct {
	saved map[string]int64
	err   error
}

func (b *book) All() (map[string]int64, error) { return b.saved, b.err }

func (b *book) Save(player string, at int64) error {
	if b.err != nil {
		return b.err
	}
	if b.saved == nil {
		b.saved = map[string]int64{}
	}
	b.saved[player] = at
	return nil
}

func TestRevoke(t *testing.T) {
	at := newMoment()
	kept := &book{}
	a := mustNew(t, auth.Config{Now: at.now, Revoked: kept})
	ann, old, _ := a.Guest("Ann")
	bob, bobs, _ := a.Guest("Bob")
	at.pass(1500 * time.Millisecond)
	if err := a.Revoke(ann.ID, at.now()); err != nil {
		t.Fatal(err)
	}
	_, err := a.Verify(old)
	wantUnauthorized(t, err)
	if expired, revoked := a.Still(ann); expired || !revoked {
		t.Errorf("expired %v, revoked %v", expired, revoked)
	}
	if _, err := a.Verify(bobs); err != nil {
		t.Errorf("Bob pays for Ann: %v", err)
	}
	if _, revoked := a.Still(bob); revoked {
		t.Error("Bob pays for Ann")
	}
	// An earlier moment takes nothing back.
	if err := a.Revoke(ann.ID, at.now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, err = a.Verify(old)
	wantUnauthorized(t, err)
	// After a restart.
	again := mustNew(t, auth.Config{Now: at.now, Revoked: kept})
	_, err = again.Verify(old)
	wantUnauthorized(t, err)
}

func TestARevocationThatCannotBeSavedHoldsAllTheSame(t *testing.T) {
	at := newMoment()
	kept := &book{}
	a := mustNew(t, auth.Config{Now: at.now, Revoked: kept})
	ann, old, _ := a.Guest("Ann")
	kept.err = errors.New("disk full")
	at.pass(time.Second)
	for range 2 { // the second does not believe that the first has saved it
		if err := a.Revoke(ann.ID, at.now()); !errors.Is(err, kept.err) {
			t.Errorf("error %v", err)
		}
	}
	_, err := a.Verify(old)
	wantUnauthorized(t, err)
	if _, err := auth.New(t.Context(), auth.Config{Key: key, Revoked: kept}); !errors.Is(err, kept.err) {
		t.Errorf("started without its revocations: %v", err)
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signing.key")
	var keys [8][]byte
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := auth.LoadOrCreateKey(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	wg.Wait()
	for _, k := range keys {
		if len(k) != 32 || string(k) != string(keys[0]) {
			t.Fatalf("processes that start at once have different keys: %x and %x", k, keys[0])
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
	if err := os.WriteFile(path, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.LoadOrCreateKey(path); err == nil {
		t.Error("took something else for a key")
	}
	if text, _ := os.ReadFile(path); string(text) != "not a key" {
		t.Error("overwrote what is not a key")
	}
	if _, err := auth.LoadOrCreateKey(filepath.Join(filepath.Dir(path), "no", "such")); err == nil {
		t.Error("made a key in a folder that is not there")
	}
}

func TestFromRequest(t *testing.T) {
	tests := []struct {
		name    string
		headers [][2]string
		url     string
		token   string
		present bool
	}{
		{"nothing", nil, "/", "", false},
		{"header", [][2]string{{"Authorization", "Bearer abc.def.ghi"}}, "/", "abc.def.ghi", true},
		{"scheme in other letters", [][2]string{{"Authorization", "bearer abc"}}, "/", "abc", true},
		{"another scheme", [][2]string{{"Authorization", "Basic abc"}}, "/", "", true},
		{"empty header", [][2]string{{"Authorization", ""}}, "/", "", true},
		{"two headers", [][2]string{{"Authorization", "Bearer a"}, {"Authorization", "Bearer b"}}, "/", "", true},
		{"subprotocol", [][2]string{{"Upgrade", "websocket"}, {"Sec-WebSocket-Protocol", "ply.v1, bearer.abc.def"}}, "/", "abc.def", true},
		{"subprotocol in a second header", [][2]string{{"Upgrade", "WebSocket"}, {"Sec-WebSocket-Protocol", "ply.v1"}, {"Sec-WebSocket-Protocol", "bearer.abc"}}, "/", "abc", true},
		{"empty subprotocol", [][2]string{{"Upgrade", "websocket"}, {"Sec-WebSocket-Protocol", "ply.v1, bearer."}}, "/", "", true},
		{"no upgrade", [][2]string{{"Sec-WebSocket-Protocol", "ply.v1, bearer.abc"}}, "/", "", false},
		{"header before subprotocol", [][2]string{{"Authorization", "Bearer a"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Protocol", "bearer.b"}}, "/", "a", true},
		{"never in a URL", nil, "/?token=abc&access_token=abc", "", false},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodGet, tt.url, nil)
		for _, h := range tt.headers {
			r.Header.Add(h[0], h[1])
		}
		if token, present := auth.FromRequest(r); token != tt.token || present != tt.present {
			t.Errorf("%s: %q, %v; want %q, %v", tt.name, token, present, tt.token, tt.present)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	a, err := auth.New(b.Context(), auth.Config{Key: key})
	if err != nil {
		b.Fatal(err)
	}
	_, token, err := a.Guest("Ann")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}
