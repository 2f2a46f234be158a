package logging

import (
	"io"
	"log/slog"
	"strings"
)

// Format is how log records are written.
type Format string

// The formats.
const (
	Text Format = "text" // key=value, for people
	JSON Format = "json" // one object a line, for machines
)

// struck replaces what must not be logged.
const struck = "[struck out]"

// New makes the process' logger. It is safe for concurrent use if w is written to by nobody else.
func New(w io.Writer, level slog.Leveler, format Format) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: strikeOut}
	if format == JSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// strikeOut hides the values of attributes that hold what people sent. Groups are looked into by slog itself.
func strikeOut(_ []string, a slog.Attr) slog.Attr {
	switch strings.ToLower(a.Key) {
	case "token", "authorization", "invite", "secret", "key", "payload", "body", "data", "frame", "message_payload", "name":
		return slog.String(a.Key, struck)
	}
	return a
}
