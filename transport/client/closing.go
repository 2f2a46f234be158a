package client

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// Close codes with a meaning of their own; protocol.md section 9.
const (
	codeDraining = 4001
	codeResync   = 4004
	codeExpired  = 4005
	codeCannot   = 4006
)

// advice is what to do after a socket has ended.
type advice struct {
	stop   bool
	forget bool          // come back without from
	renew  bool          // fetch a new token first
	wait   time.Duration // wait that long instead of the usual back-off; negative = the usual
}

// advise reads the close code of a socket that has ended: 4000-4499 reconnect, 4500 and above do not; of the codes of
// the RFC those that blame the client end it.
func advise(err error) (advice, int, string) {
	a := advice{wait: -1}
	var closed websocket.CloseError
	if !errors.As(err, &closed) {
		return a, int(websocket.StatusAbnormalClosure), "connection lost"
	}
	code := int(closed.Code)
	switch {
	case code >= 4500 && code < 5000:
		a.stop = true
	case code == codeDraining:
		ms, err := strconv.Atoi(strings.TrimPrefix(closed.Reason, "retry="))
		if err == nil && ms >= 0 {
			a.wait = time.Duration(ms) * time.Millisecond
		}
	case code == codeResync:
		a.forget = true
	case code == codeExpired:
		a.renew = true
	case code == codeCannot:
		a.wait = between(time.Second, 3*time.Second)
	case code == int(websocket.StatusProtocolError), code == int(websocket.StatusUnsupportedData),
		code == int(websocket.StatusInvalidFramePayloadData), code == int(websocket.StatusMessageTooBig):
		a.stop = true
	}
	return a, code, closed.Reason
}
