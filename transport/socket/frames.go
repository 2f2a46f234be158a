package socket

import (
	"encoding/binary"

	"github.com/plygames/ply/transport/wire"
)

// frames follows the frame headers (RFC 6455 section 5.2) in what a client sends, ahead of the library, which does not
// tell when a message begins, and reads a whole message before it finds it too long. It decides nothing that the library
// decides.
type frames struct {
	head [14]byte
	have int   // bytes of head
	left int64 // payload bytes of the frame that are still to come
	open bool  // a message has begun and its last frame has not ended
	fin  bool  // of the data frame under way
	data bool  // the frame under way is a data frame
	bye  bool  // a closing frame has begun
	size int64 // payload bytes of the open message's frames so far
}

// seen is what feed found.
type seen struct {
	underway bool // after these bytes a frame or a message is incomplete
	began    bool // ... and its first byte is among them
	frames   int  // whose headers end in these bytes
	refuse   *wire.Close
}

// feed takes the next bytes.
func (f *frames) feed(b []byte) (s seen) {
	for len(b) > 0 {
		if f.left > 0 {
			n := min(f.left, int64(len(b)))
			f.left -= n
			b = b[n:]
			f.endFrame()
			continue
		}
		if f.have == 0 && !f.open {
			s.began = true
		}
		f.head[f.have] = b[0]
		f.have++
		b = b[1:]
		if f.have < 2 || f.have < f.headSize() {
			continue
		}
		s.frames++
		if s.refuse = f.header(); s.refuse != nil {
			return s
		}
		f.endFrame()
	}
	s.underway = !f.between()
	return s
}

// between tells whether no frame and no message is incomplete.
func (f *frames) between() bool { return f.have == 0 && f.left == 0 && !f.open }

// closed tells whether a whole closing frame has come.
func (f *frames) closed() bool { return f.bye && f.left == 0 }

// headSize is the size of the header, as its second byte tells.
func (f *frames) headSize() int {
	size := 2
	switch f.head[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if f.head[1]&0x80 != 0 {
		size += 4
	}
	return size
}

// header takes a complete header.
func (f *frames) header() *wire.Close {
	size := uint64(f.head[1] & 0x7f)
	switch size {
	case 126:
		size = uint64(binary.BigEndian.Uint16(f.head[2:]))
	case 127:
		size = binary.BigEndian.Uint64(f.head[2:])
	}
	masked := f.head[1]&0x80 != 0
	f.fin = f.head[0]&0x80 != 0
	f.data = f.head[0]&0x08 == 0
	f.bye = f.bye || f.head[0]&0x0f == 8
	f.have = 0
	if !masked {
		return &wire.CloseProtocolError
	}
	if f.data {
		if !f.open {
			f.size = 0
		}
		f.open = true
		if size > wire.MaxMessage || f.size+int64(size) > wire.MaxMessage {
			return &wire.CloseTooBig
		}
		f.size += int64(size)
	} else if size > 125 {
		return &wire.CloseProtocolError
	}
	f.left = int64(size)
	return nil
}

// endFrame notes that a frame, and with it perhaps a message, is complete.
func (f *frames) endFrame() {
	if f.left == 0 && f.data && f.fin {
		f.open = false
	}
}
