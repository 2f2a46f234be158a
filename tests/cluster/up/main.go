package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/plygames/ply/tests/parts/cluster"
)

func main() {
	data := flag.String("data", "", "folder for all data and logs, kept; without it a temporary one, removed at the end")
	listen := flag.String("listen", "127.0.0.1:8080", "where the public comes in")
	journal := flag.Bool("journal", true, "moves go to Redis first; a folder that was used with the other setting is refused")
	flag.Parse()
	if err := up(*data, *listen, *journal); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// restartAfter is how long a part that ended stays down: as long as a supervisor needs to notice.
const restartAfter = 2 * time.Second

func up(data, listen string, journal bool) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	dir, remove, err := folder(data)
	if err != nil {
		return err
	}
	defer remove()
	root, err := repository()
	if err != nil {
		return err
	}
	say("building ply")
	binary := filepath.Join(dir, "ply")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build ply: %w\n%s", err, out)
	}
	started := time.Now()
	c, err := cluster.Start(ctx, cluster.Config{Root: root, Dir: dir, Binary: binary, Listen: listen, Journal: journal, Progress: say})
	if err != nil {
		return err
	}
	say("the cluster is up after %.1f s", time.Since(started).Seconds())
	tell(c, dir)
	watch(ctx, c)
	say("stopping")
	if err := c.Stop(); err != nil {
		return err
	}
	say("stopped")
	return nil
}

// folder is where everything lies, absolute, and how it is left.
func folder(data string) (dir string, remove func(), err error) {
	if data == "" {
		dir, err = os.MkdirTemp("", "ply-cluster-")
		return dir, func() { _ = os.RemoveAll(dir) }, err
	}
	if dir, err = filepath.Abs(data); err != nil {
		return "", nil, err
	}
	return dir, func() {}, os.MkdirAll(dir, 0o755)
}

// repository is the folder of the module that this command is run in.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run it in ply's repository")
		}
		dir = filepath.Dir(dir)
	}
}

func say(format string, args ...any) {
	fmt.Printf(time.Now().Format("15:04:05 ")+format+"\n", args...)
}

// tell lists where everything is.
func tell(c *cluster.Cluster, dir string) {
	fmt.Printf("\n  %-8s http://%s          the page, the API and all sockets\n", "proxy", c.Proxy.Addr)
	fmt.Printf("  %-8s http://%s/stats    and /metrics; process %d\n", "", c.Proxy.Stats, c.Proxy.PID())
	for _, p := range c.Parts() {
		if p.Admin == "" {
			fmt.Printf("  %-8s %-21s process %d\n", p.Name, p.Addr, p.PID())
			continue
		}
		fmt.Printf("  %-8s %-21s admin %-21s process %d\n", p.Name, p.Addr, p.Admin, p.PID())
	}
	fmt.Printf("\n  data and logs in %s\n  kill -9 any of them and see; ^C ends all\n\n", dir)
}
