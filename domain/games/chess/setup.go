package chess

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/plygames/ply/domain"
)

// refuse is a refusal of the setup's only field.
func refuse(format string, args ...any) *domain.Error {
	return domain.Refuse(domain.InvalidField, "setup.fen "+format, args...)
}

// readSetup takes the FEN out of {"fen":"..."}; empty = the standard start. It reads tokens instead of a struct
// because encoding/json would let pass repeated keys, keys in another case and null.
func readSetup(setup json.RawMessage) (fen string, err error) {
	if len(bytes.TrimSpace(setup)) == 0 {
		return "", nil
	}
	tokens := json.NewDecoder(bytes.NewReader(setup))
	if t, err := tokens.Token(); err != nil || t != json.Delim('{') {
		return "", domain.Refuse(domain.BadMessage, `setup must be an object such as {"fen":"..."}`)
	}
	for tokens.More() {
		key, err := tokens.Token()
		if err != nil {
			return "", domain.Refuse(domain.BadMessage, "setup is not JSON")
		}
		if key != "fen" {
			return "", domain.Refuse(domain.BadMessage, `setup has an unknown field; chess knows "fen" only`)
		}
		value, err := tokens.Token()
		s, isString := value.(string)
		switch {
		case err != nil || !isString:
			return "", domain.Refuse(domain.BadMessage, "setup.fen must be a string")
		case s == "":
			return "", refuse("is empty")
		case fen != "":
			return "", domain.Refuse(domain.BadMessage, "setup.fen is given twice")
		}
		fen = s
	}
	if _, err := tokens.Token(); err != nil { // the closing brace
		return "", domain.Refuse(domain.BadMessage, "setup is not JSON")
	}
	if _, err := tokens.Token(); err != io.EOF {
		return "", domain.Refuse(domain.BadMessage, "setup has something behind its object")
	}
	if fen == "" {
		return "", domain.Refuse(domain.BadMessage, "setup.fen is missing")
	}
	return fen, nil
}
