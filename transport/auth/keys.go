package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"golang.org/x/time/rate"
)

// How a site's keys are fetched.
const (
	fetchTimeout  = 10 * time.Second
	fetchInterval = 15 * time.Minute
	// A token with a key id that is not known makes us fetch at once, but so seldom that nobody can make us hammer the
	// site, and without making the caller wait long.
	fetchUnknown     = time.Minute
	fetchUnknownWait = time.Second
)

// keySet reads a site's keys from a file, or keeps them up to date from a URL until ctx ends; nil without any.
func keySet(ctx context.Context, from string, log *slog.Logger) (keyfunc.Keyfunc, error) {
	if from == "" {
		return nil, nil
	}
	if !strings.HasPrefix(from, "https://") && !strings.HasPrefix(from, "http://") {
		raw, err := os.ReadFile(from)
		if err != nil {
			return nil, fmt.Errorf("key set: %w", err)
		}
		keys, err := keyfunc.NewJWKSetJSON(raw)
		if err != nil {
			return nil, fmt.Errorf("key set %s: %w", from, err)
		}
		return keys, nil
	}
	keys, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{from}, keyfunc.Override{
		Client:            &http.Client{Timeout: fetchTimeout},
		HTTPTimeout:       fetchTimeout,
		RefreshInterval:   fetchInterval,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(fetchUnknown), 1),
		RateLimitWaitMax:  fetchUnknownWait,
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(_ context.Context, err error) { log.Warn("key set could not be fetched", "err", err) }
		},
	})
	if err != nil {
		return nil, fmt.Errorf("key set %s: %w", from, err)
	}
	return keys, nil
}

const keySize = 32

// LoadOrCreateKey reads the secret key in a file, or makes one there that only its owner can read. Once it has
// returned, the key survives a power cut: tokens and invitations stay valid. Of two processes that start at once, both
// get the same key. A file that holds something else is an error, never overwritten.
func LoadOrCreateKey(path string) ([]byte, error) {
	key, err := loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	fresh := make([]byte, keySize)
	_, _ = rand.Read(fresh) // never fails
	if err := createKey(path, fresh); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return loadKey(path)
}

func loadKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) < keySize {
		return nil, fmt.Errorf("signing key: %s must hold at least %d bytes in hex", path, keySize)
	}
	return key, nil
}

// createKey writes the key beside its place, then links it there: the place never holds half a key, and the link fails
// with fs.ErrExist if somebody else was first.
func createKey(path string, key []byte) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".key-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
