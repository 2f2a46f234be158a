package app

import (
	"log/slog"
	"net"
	"syscall"
	"time"
)

// ownFiles is how many of the files that this process may have open are kept from the public: a store that can't open its
// next file can't write, and then whoever holds connections decides whether moves are acknowledged.
const ownFiles = 256

// roomy is a listener that turns away connections for which there is no room. Accept is for one goroutine.
type roomy struct {
	net.Listener
	most uintptr // number of the first file that is not for a connection
	log  *slog.Logger
	told time.Time
}

// leaveRoom keeps ownFiles from a listener, or a quarter of all where there are few.
func leaveRoom(l net.Listener, log *slog.Logger) net.Listener {
	var files syscall.Rlimit // Go has raised it as far as it goes
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		log.Warn("how many files may be open is not known; connections are not bounded", "error", err)
		return l
	}
	return &roomy{Listener: l, most: uintptr(files.Cur - min(ownFiles, files.Cur/4)), log: log}
}

// Accept implements net.Listener.
func (l *roomy) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || l.fits(conn) {
			return conn, err
		}
		_ = conn.Close()
		if now := time.Now(); now.Sub(l.told) > time.Minute {
			l.told = now
			l.log.Warn("connections are turned away: no more files may be open; raise the limit (ulimit -n), or add servers", "connections", l.most)
		}
	}
}

// fits tells whether a connection leaves room. The kernel gives the lowest number that is free, so a high one means that
// all below are taken.
func (l *roomy) fits(conn net.Conn) bool {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	number := uintptr(0)
	err = raw.Control(func(fd uintptr) { number = fd })
	return err == nil && number < l.most
}
