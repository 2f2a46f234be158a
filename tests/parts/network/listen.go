package network

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
)

// setns is the number of a system call that package syscall does not name.
var setns = map[string]uintptr{"amd64": 308, "arm64": 268}

// Listen opens a listener of this process at a port of one of the machines. A socket stays in the namespace in which it was
// made, whoever uses it.
func (n *Net) Listen(name string, port int) (l net.Listener, err error) {
	at, err := n.leaf(name)
	if err != nil {
		return nil, err
	}
	addr := fmt.Sprintf("%s:%d", at.addr, port)
	if at.ns == "" {
		return net.Listen("tcp4", addr)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Never unlocked: the thread ends with this goroutine, so none goes on in the wrong namespace.
		runtime.LockOSThread()
		if err = enter(at.ns); err == nil {
			l, err = net.Listen("tcp4", addr)
		}
	}()
	<-done
	return l, err
}

// enter moves this thread into a namespace.
func enter(ns string) error {
	number, ok := setns[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("setns is not known on %s", runtime.GOARCH)
	}
	file, err := os.Open("/run/netns/" + ns)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, _, e := syscall.RawSyscall(number, file.Fd(), syscall.CLONE_NEWNET, 0); e != 0 {
		return fmt.Errorf("enter namespace %s: %w", ns, e)
	}
	return nil
}
