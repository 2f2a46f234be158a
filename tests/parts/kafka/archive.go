package kafka

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// archive gives Java's archive of loaded classes, with which a broker starts in half the time; made once for each Java
// that is installed. It is a convenience: without it (the empty string) everything works, slower.
func archive(ctx context.Context, home string, progress func(format string, args ...any)) string {
	java, err := exec.LookPath("java")
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(java); err == nil {
		java = real
	}
	binary, err := os.Stat(java)
	if err != nil {
		return ""
	}
	path := filepath.Join(home, fmt.Sprintf("java-%x.jsa", binary.ModTime().Unix()))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	unlock, err := lock(home)
	if err != nil {
		return ""
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path
	}
	progress("preparing faster starts of Kafka (some seconds, once)")
	dir, err := os.MkdirTemp("", "ply-kafka-archive-")
	if err != nil {
		return ""
	}
	defer func() { _ = os.RemoveAll(dir) }()
	half := filepath.Join(home, "half.jsa")
	if err := train(ctx, home, dir, half); err != nil {
		progress("Kafka starts without an archive of classes: %v", err)
		return ""
	}
	if os.Rename(half, path) != nil {
		return ""
	}
	return path
}

// train runs a broker until it is usable and ends it, whereupon Java writes the archive.
func train(ctx context.Context, home, dir, archive string) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	nodes, err := newNodes(Config{Dir: dir, Nodes: 1}, home, []string{"-XX:ArchiveClassesAtExit=" + archive})
	if err != nil {
		return err
	}
	defer func() { _ = nodes[0].Kill9() }() // if it is up
	if err := nodes[0].Start(); err != nil {
		return err
	}
	if err := nodes[0].ready(ctx, 1); err != nil {
		return err
	}
	if err := nodes[0].Stop(time.Minute); err != nil {
		return err
	}
	_, err = os.Stat(archive)
	return err
}
