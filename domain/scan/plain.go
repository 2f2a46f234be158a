package scan

// Plain tells whether a text stands between quotation marks as it is, whoever encodes it: no escapes, nothing above ASCII,
// and none of the characters that the standard encoder escapes for the sake of HTML.
func Plain[T ~string | ~[]byte](text T) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}
