package compare

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// postgres is a PostgreSQL server as it comes, so with fsync and synchronous_commit on, with an empty database.
func postgres(t testing.TB) (url string, server *process) {
	t.Helper()
	bin := postgresPrograms(t)
	dir, err := os.MkdirTemp("", "ply-compare-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := unprivileged(t, dir)
	run := func(program string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, program), args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "ply", "--auth=trust", "-E", "UTF8", "--no-locale").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := freePort(t)
	listens := func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		return c.Close() == nil && run("pg_isready", "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(port)).Run() == nil
	}
	server = startProcess(t, listens, func() *exec.Cmd {
		return run("postgres", "-D", data, "-p", strconv.Itoa(port), "-k", dir, "-c", "listen_addresses=127.0.0.1")
	})
	return fmt.Sprintf("postgres://ply@127.0.0.1:%d/postgres", port), server
}

// postgresPrograms is the folder of PostgreSQL's programs, which Debian keeps off the path.
func postgresPrograms(t testing.TB) string {
	t.Helper()
	find := func() string {
		if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
			return filepath.Dir(found[len(found)-1])
		}
		if path, err := exec.LookPath("initdb"); err == nil {
			return filepath.Dir(path)
		}
		return ""
	}
	if bin := find(); bin != "" {
		return bin
	}
	harness.NeedPackage(t, "postgresql", "pg_ctlcluster")
	bin := find()
	if bin == "" {
		t.Fatal("PostgreSQL is installed, but initdb is nowhere")
	}
	return bin
}

// unprivileged gives the folder to the user postgres if we are root, whom PostgreSQL does not serve; nil = ourselves.
func unprivileged(t testing.TB, dir string) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.ParseUint(account.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(account.Gid, 10, 32)
	if err1 != nil || err2 != nil {
		t.Fatalf("user postgres is %s:%s", account.Uid, account.Gid)
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
