package network

import (
	"errors"
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
		// The thread must neither end here, for the processes that it started would be killed with it (Pdeathsig), nor go on
		// in the wrong namespace: it goes back, or serves nobody any more.
		runtime.LockOSThread()
		home, failed := os.Open("/proc/thread-self/ns/net")
		if failed != nil {
			err = failed
			close(done)
			runtime.UnlockOSThread()
			return
		}
		defer func() { _ = home.Close() }()
		if err = enter("/run/netns/" + at.ns); err == nil {
			l, err = net.Listen("tcp4", addr)
		}
		back := setNamespace(home)
		err = errors.Join(err, back)
		close(done)
		if back != nil {
			select {}
		}
		runtime.UnlockOSThread()
	}()
	<-done
	return l, err
}

// enter moves this thread into a namespace.
func enter(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	return setNamespace(file)
}

func setNamespace(file *os.File) error {
	number, ok := setns[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("setns is not known on %s", runtime.GOARCH)
	}
	if _, _, e := syscall.RawSyscall(number, file.Fd(), syscall.CLONE_NEWNET, 0); e != 0 {
		return fmt.Errorf("enter namespace %s: %w", file.Name(), e)
	}
	return nil
}
