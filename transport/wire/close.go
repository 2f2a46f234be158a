package wire

import "strconv"

// Close is a reason for which the server ends a socket. The code's range tells the client what to do: 4000-4499
// reconnect, 4500-4999 do not; the codes below 4000 are RFC 6455's, and all of them mean a broken client.
type Close struct {
	Code   int
	Reason string // at most 100 bytes
}

// Reconnect tells whether a client that was closed so may come back with from = its last v.
func (c Close) Reconnect() bool { return c.Code >= 4000 && c.Code < 4500 }

// The one table of section 9. Go has no constants of struct type; nobody changes these.
var (
	CloseInternal     = Close{4000, "internal error"}
	CloseSlow         = Close{4002, "too slow"}
	CloseNoPong       = Close{4003, "no pong"}
	CloseResync       = Close{4004, "from is ahead of the game: come back without it"}
	CloseTokenExpired = Close{4005, "token expired"}
	CloseNotHere      = Close{4006, "this server can't serve this game now"}

	CloseBadMessage  = Close{4500, "bad message"}
	CloseBadQuery    = Close{4500, "bad query"}
	CloseProtocol    = Close{4500, "supported: " + Protocol}
	CloseIncomplete  = Close{4500, "message not complete after 5 s"}
	CloseTooMany     = Close{4502, "too many requests"}
	CloseRevoked     = Close{4503, "revoked or forbidden"}
	CloseConnections = Close{4504, "too many connections"}
	CloseFinished    = Close{4505, "finished"}

	CloseProtocolError = Close{1002, "protocol error"}
	CloseBinary        = Close{1003, "text only"}
	CloseNotUTF8       = Close{1007, "not UTF-8"}
	CloseTooBig        = Close{1009, "at most 4096 bytes"}
)

// Draining asks the client to come back after retry ms, to wherever it is sent then.
func Draining(retry int64) Close {
	return Close{4001, "retry=" + strconv.FormatInt(retry, 10)}
}

// Closes lists every way in which the server ends a socket.
func Closes() []Close {
	return []Close{CloseInternal, Draining(0), CloseSlow, CloseNoPong, CloseResync, CloseTokenExpired, CloseNotHere,
		CloseBadMessage, CloseBadQuery, CloseProtocol, CloseIncomplete, CloseTooMany, CloseRevoked, CloseConnections,
		CloseFinished, CloseProtocolError, CloseBinary, CloseNotUTF8, CloseTooBig}
}
