package esdbserver_test

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/plygames/ply/infra/esdbserver"
)

// TestPings sends the pings that clients send while nothing happens, on a bare connection without any call, as often
// as the server lets them. A gRPC server that was not told otherwise takes the fourth or fifth for an attack and says
// goodbye.
func TestPings(t *testing.T) {
	t.Parallel()
	r := serve(t, esdbserver.Config{})
	conn, err := net.Dial("tcp", r.Address())
	r.must(err)
	defer conn.Close()
	r.must(conn.SetDeadline(time.Now().Add(patience)))
	const settings, ping, goAway, ack = 4, 6, 7, 1 // RFC 9113, section 6
	frame := func(kind byte, payload []byte) []byte {
		header := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
		return append(append(header, 0, 0, 0, 0, 0), payload...)
	}
	_, err = conn.Write(append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(settings, nil)...))
	r.must(err)
	for n := range 6 {
		if n > 0 {
			<-time.After(5200 * time.Millisecond) // not a wait for anything: the pace is what is tested
		}
		_, err = conn.Write(frame(ping, make([]byte, 8)))
		r.must(err)
		for answered := false; !answered; {
			var header [9]byte
			_, err := io.ReadFull(conn, header[:])
			r.must(err)
			payload := make([]byte, binary.BigEndian.Uint32(header[:])>>8)
			_, err = io.ReadFull(conn, payload)
			r.must(err)
			switch header[3] {
			case goAway:
				t.Fatalf("after ping %d the server says goodbye: %q", n+1, payload)
			case ping:
				answered = header[4]&ack != 0
			}
		}
	}
}
