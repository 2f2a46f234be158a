package process

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreeAddrs finds addresses on this machine that nobody listens at. Their ports lie below the range from which the system
// takes ports for outgoing connections, so that a process which is down for a while finds its own free again.
func FreeAddrs(n int) ([]string, error) {
	var held []net.Listener
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	var addrs []string
	for range 1000 {
		if len(addrs) == n {
			return addrs, nil
		}
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(12_000+rand.IntN(20_000)))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		held, addrs = append(held, l), append(addrs, addr)
	}
	return nil, errors.New("no free ports")
}
