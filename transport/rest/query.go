package rest

import (
	"net/url"
	"strconv"

	"github.com/plygames/ply/domain"
)

// queryVersion reads a version from a query: 0|[1-9][0-9]{0,15}, given once. given is false if it is absent.
func queryVersion(q url.Values, name string) (v uint64, given bool, err error) {
	text, given, err := queryText(q, name)
	if !given || err != nil {
		return 0, given, err
	}
	if len(text) > 16 || text == "" || text[0] == '0' && text != "0" {
		return 0, true, garbage(name)
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, true, garbage(name)
		}
	}
	v, _ = strconv.ParseUint(text, 10, 64) // at most 16 digits
	return v, true, nil
}

// queryText reads a parameter that may be given once.
func queryText(q url.Values, name string) (text string, given bool, err error) {
	switch values := q[name]; len(values) {
	case 0:
		return "", false, nil
	case 1:
		return values[0], true, nil
	default:
		return "", true, domain.Refuse(domain.InvalidField, "%s is given more than once", name)
	}
}

func garbage(name string) error {
	return domain.Refuse(domain.InvalidField, "%s must be a number", name)
}
