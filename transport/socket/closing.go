package socket

import "github.com/plygames/ply/transport/wire"

// closing is a reason to end a socket, with its name in the metrics.
type closing struct {
	wire.Close
	name string
}

// The reasons. The codes and texts are the wire's one table.
var (
	closeSlow        = closing{wire.CloseSlow, "slow"}
	closeNoPong      = closing{wire.CloseNoPong, "no pong"}
	closeResync      = closing{wire.CloseResync, "resync"}
	closeExpired     = closing{wire.CloseTokenExpired, "token expired"}
	closeNotHere     = closing{wire.CloseNotHere, "feed lost"}
	closeBadMessage  = closing{wire.CloseBadMessage, "bad message"}
	closeBadQuery    = closing{wire.CloseBadQuery, "bad query"}
	closeProtocol    = closing{wire.CloseProtocol, "subprotocol"}
	closeIncomplete  = closing{wire.CloseIncomplete, "incomplete"}
	closeTooMany     = closing{wire.CloseTooMany, "too many requests"}
	closeRevoked     = closing{wire.CloseRevoked, "revoked"}
	closeConnections = closing{wire.CloseConnections, "too many connections"}
	closeFinished    = closing{wire.CloseFinished, "finished"}
	closeBroken      = closing{wire.CloseProtocolError, "protocol error"}
	closeBinary      = closing{wire.CloseBinary, "binary"}
	closeNotUTF8     = closing{wire.CloseNotUTF8, "not UTF-8"}
	closeTooBig      = closing{wire.CloseTooBig, "too big"}

	closeCut  = closing{wire.Draining(0), "cut"}           // the server stops at once
	closeGone = closing{wire.CloseInternal, "write error"} // the connection is broken: nobody will read this
	closePeer = closing{wire.Close{}, "peer"}              // the client went
)

func closeDraining(retry int64) closing { return closing{wire.Draining(retry), "draining"} }
