package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/plygames/ply/infra/config"
)

// Limits of the HTTP servers. A connection that says nothing, or says it too slowly, is cut after headerTime.
const (
	headerTime  = 5 * time.Second
	requestTime = 15 * time.Second
	answerTime  = 60 * time.Second
	idleTime    = 60 * time.Second

	// net/http lets 4 KiB more than MaxHeaderBytes pass, and the protocol's limit is 8 KiB in all.
	headerBytes  = 8<<10 - 4<<10
	headerFields = 100
)

// listen opens a port or says what to do. setting is the flag and variable that chose it.
func listen(addr, setting string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("address %s is in use by another program: stop it, or choose another with %s (port 0 takes any free one): %w", addr, setting, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("address %s is not allowed to this user: choose a port above 1023 with %s: %w", addr, setting, err)
	default:
		return nil, fmt.Errorf("address %s can't be listened on: choose another with %s: %w", addr, setting, err)
	}
}

// reachable is an address by which a listener is reached from this machine, also if it listens on all interfaces.
func reachable(l net.Listener) string {
	if addr, ok := l.Addr().(*net.TCPAddr); ok && addr.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(addr.Port))
	}
	return l.Addr().String()
}

// listenAdmin opens the second listener. If nobody chose an address, the usual one is not worth failing for.
func listenAdmin(addr string, log *slog.Logger) (net.Listener, error) {
	const setting = "--admin-addr (PLY_ADMIN_ADDR)"
	if addr != "" {
		return listen(addr, setting)
	}
	l, err := listen(config.DefaultAdminAddr, setting)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	host, _, err := net.SplitHostPort(config.DefaultAdminAddr)
	if err != nil {
		return nil, err
	}
	log.Warn("the usual address of the second listener is taken; using any free port", "usual", config.DefaultAdminAddr)
	return listen(net.JoinHostPort(host, "0"), setting)
}

// newServer makes an HTTP server that hostile clients can't keep busy.
func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           limitFields(h),
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       requestTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // what broken clients do
	}
}

// limitFields refuses requests with too many header fields; net/http limits only their bytes.
func limitFields(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := 0
		for _, values := range r.Header {
			n += len(values)
		}
		if n > headerFields {
			w.Header().Set("Connection", "close")
			http.Error(w, http.StatusText(http.StatusRequestHeaderFieldsTooLarge), http.StatusRequestHeaderFieldsTooLarge)
			return
		}
		next.ServeHTTP(w, r)
	})
}
