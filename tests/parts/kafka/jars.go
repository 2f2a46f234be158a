package kafka

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Version is the broker's, as in pom.xml.
const Version = "4.4.0"

// CacheVariable names the folder of downloads; without it they go below the user's cache folder.
const CacheVariable = "PLY_TEST_CACHE"

//go:embed pom.xml
var pom []byte

// Cached tells whether the jars are here, so that Maven is not needed any more.
func Cached() bool {
	_, err := os.Stat(libs(cache()))
	return err == nil
}

// Fetch downloads the jars unless they are here (6 s, 43 MB), and gives the folder of this version in the cache. Several
// processes may do that at once: one of them downloads. progress is told when it takes time.
func Fetch(ctx context.Context, progress func(format string, args ...any)) (string, error) {
	home := cache()
	if _, err := os.Stat(libs(home)); err == nil {
		return home, nil
	}
	unlock, err := lock(home)
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(libs(home)); err == nil {
		return home, nil // somebody else was faster
	}
	progress("downloading Kafka %s from Maven Central into %s (43 MB, once)", Version, home)
	half := filepath.Join(home, "half")
	if err := os.RemoveAll(half); err != nil {
		return "", err
	}
	if err := os.MkdirAll(half, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(half, "pom.xml"), pom, 0o644); err != nil {
		return "", err
	}
	mvn := exec.CommandContext(ctx, "mvn", "-B", "-q", "-f", filepath.Join(half, "pom.xml"),
		"dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+filepath.Join(half, "libs"))
	mvn.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if out, err := mvn.CombinedOutput(); err != nil {
		return "", fmt.Errorf("download Kafka by Maven: %w\n%s", err, out)
	}
	// Renamed at last, so that whoever sees the folder sees all of it.
	if err := os.Rename(filepath.Join(half, "libs"), libs(home)); err != nil {
		return "", err
	}
	progress("Kafka %s is here", Version)
	return home, os.RemoveAll(half)
}

func cache() string {
	base := os.Getenv(CacheVariable)
	if base == "" {
		user, err := os.UserCacheDir()
		if err != nil { // no home: then as long as temporary files live
			user = os.TempDir()
		}
		base = filepath.Join(user, "ply")
	}
	return filepath.Join(base, "kafka-"+Version)
}

func libs(home string) string { return filepath.Join(home, "libs") }

// lock keeps other processes out of the cache until unlock is called.
func lock(home string) (unlock func(), err error) {
	if err := os.MkdirAll(home, 0o755); err != nil {
		return nil, err
	}
	file, err := os.Create(filepath.Join(home, "lock"))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return func() { _ = file.Close() }, nil
}
