package socket_test

import (
	"bytes"
	"net"
	"testing"
	"time"
)

// TestPace: what no limit counts is read at the pace of those who keep to the limits, however fast it comes. Otherwise one
// connection keeps a processor busy.
func TestPace(t *testing.T) {
	const (
		during  = 2 * time.Second
		buffers = 12 << 20 // of both kernels' ends of a connection, at most
		allowed = 2 << 20  // bytes a second; the pace is far below, and what comes after a closing frame goes in sixteenths
	)
	r := newRig(t, nil)
	for name, c := range map[string]struct{ first, then []byte }{
		"pongs":                    {nil, frame(fin|0xa, make([]byte, 125))},
		"pings":                    {nil, frame(fin|9, make([]byte, 125))},
		"messages":                 {nil, frame(fin|1, []byte(`{"t":"ping","ts":1}`))},
		"fragments":                {frame(1, []byte("{")), frame(0, nil)},
		"after a closing frame":    {frame(fin|2, []byte("binary")), frame(fin|1, make([]byte, 4000))},
		"after a broken frame":     {[]byte{fin | 1, 2, '{', '}'}, make([]byte, 4000)},
		"after our closing frames": {bytes.Repeat(frame(fin|1, []byte("null")), 3), frame(fin|0xa, nil)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := r.raw("/watch/"+id, "")
			k.t = t
			k.write(c.first...)
			go func() { // reads what comes: nothing must be held up by a client that does not
				for {
					if _, _, err := k.next(); err != nil {
						return
					}
				}
			}()
			begun, written := time.Now(), 0
			many := bytes.Repeat(c.then, 1+(64<<10)/len(c.then))
			_ = k.conn.SetWriteDeadline(begun.Add(during))
			for {
				n, err := k.conn.Write(many)
				written += n
				if err != nil {
					break
				}
			}
			took := time.Since(begun)
			_ = k.conn.(*net.TCPConn).SetLinger(0) // or the kernel would go on to send what it has taken
			_ = k.conn.Close()
			if most := buffers + int(allowed*took.Seconds()); written > most {
				t.Errorf("%d bytes were taken in %v, want at most %d", written, took, most)
			}
			t.Logf("%d bytes in %v", written, took)
		})
	}
}
