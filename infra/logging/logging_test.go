package logging_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/plygames/ply/infra/logging"
)

func TestWhatPeopleSentIsStruckOut(t *testing.T) {
	for _, format := range []logging.Format{logging.Text, logging.JSON} {
		t.Run(string(format), func(t *testing.T) {
			var out bytes.Buffer
			log := logging.New(&out, slog.LevelInfo, format)
			log.With("token", "secret-1").Info("a person came",
				"Name", "secret-2", "game", "k3JqT9xBv2Lm", slog.Group("request", "payload", []byte("secret-3"), "Authorization", "secret-4"))
			if strings.Contains(out.String(), "secret-") {
				t.Errorf("leaked: %s", out.String())
			}
			if !strings.Contains(out.String(), "k3JqT9xBv2Lm") {
				t.Errorf("struck out too much: %s", out.String())
			}
		})
	}
}

func TestLevelAndFormat(t *testing.T) {
	var out bytes.Buffer
	log := logging.New(&out, slog.LevelWarn, logging.JSON)
	log.Info("not this")
	log.Warn("this")
	var line struct{ Msg, Level string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Msg != "this" || line.Level != "WARN" {
		t.Errorf("got %s (%v)", out.String(), err)
	}
}
