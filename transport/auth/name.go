package auth

import (
	"unicode"
	"unicode/utf8"

	"github.com/plygames/ply/domain"
)

// MaxName is the longest name, in characters.
const MaxName = 32

// CheckName refuses (InvalidField) what is no name to show to others: not 1 to 32 characters, only blanks, or with
// characters that control something: NUL, line ends, the direction of writing.
func CheckName(name string) error {
	if !utf8.ValidString(name) {
		return domain.Refuse(domain.InvalidField, "name must be UTF-8")
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxName {
		return domain.Refuse(domain.InvalidField, "name must have 1 to %d characters", MaxName)
	}
	seen := false
	for _, r := range name {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return domain.Refuse(domain.InvalidField, "name must not have control or bidi characters")
		}
		seen = seen || unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	if !seen {
		return domain.Refuse(domain.InvalidField, "name must not be blank")
	}
	return nil
}
