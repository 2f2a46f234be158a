package socket

import (
	"net/url"
	"strconv"

	"github.com/plygames/ply/domain/game"
)

// query is what the URL of a game socket may ask for.
type query struct {
	from   uint64
	resume bool    // from was given
	delay  int64   // ms
	speed  float64 // 0 = no replay
	max    bool    // speed=max
}

// fastest is the largest speed that has a number.
const fastest = 64

// parseQuery reads a query. False: garbage, or a value given twice. Names that we don't know are not looked at.
func parseQuery(raw string) (q query, ok bool) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, false
	}
	for _, name := range []string{"from", "delay", "speed"} {
		if len(values[name]) > 1 {
			return q, false
		}
	}
	if v, given := values["from"]; given {
		if q.from, ok = number(v[0]); !ok {
			return q, false
		}
		q.resume = true
	}
	if v, given := values["delay"]; given {
		n, ok := number(v[0])
		if !ok || n > game.MaxDelay {
			return q, false
		}
		q.delay = int64(n)
	}
	if v, given := values["speed"]; given {
		n, ok := number(v[0])
		switch {
		case v[0] == "max":
			q.max = true
		case !ok || n < 1 || n > fastest:
			return q, false
		default:
			q.speed = float64(n)
		}
	}
	return q, true
}

// number reads 0|[1-9][0-9]{0,15}.
func number(s string) (uint64, bool) {
	if len(s) == 0 || len(s) > 16 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

// secrets are the names under which people put tokens into URLs, where logs would keep them.
var secrets = [...]string{"token", "access_token", "bearer", "jwt"}

// hasToken tells whether a URL carries a token. It is not looked at: the answer is 401 whatever it says.
func hasToken(u *url.URL) bool {
	values := u.Query()
	for _, name := range secrets {
		if values.Has(name) {
			return true
		}
	}
	return false
}
