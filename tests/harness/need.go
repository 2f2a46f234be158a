package harness

import (
	"os"
	"os/exec"
	"testing"
)

// NeedPackage makes sure that a program is there, installing its Debian package if we may, and gives its path. Without
// it the test fails where CI=true, and is skipped loudly elsewhere: nobody shall believe that it ran.
func NeedPackage(t testing.TB, pkg, binary string) string {
	t.Helper()
	if path, err := exec.LookPath(binary); err == nil {
		return path
	}
	if os.Geteuid() == 0 {
		install := exec.Command("sh", "-c", `apt-get install -y --no-install-recommends "$0" || { apt-get update && apt-get install -y --no-install-recommends "$0"; }`, pkg)
		install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := install.CombinedOutput(); err != nil {
			t.Logf("apt-get install %s: %v\n%s", pkg, err, out)
		} else if path, err := exec.LookPath(binary); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing (Debian package %s)", binary, pkg)
	}
	t.Skipf("SKIPPED, NOT PROVEN: %s is missing (Debian package %s)", binary, pkg)
	return ""
}

// NeedRoot is NeedPackage for what only root may do; what says what that is.
func NeedRoot(t testing.TB, what string) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s takes root", what)
	}
	t.Skipf("SKIPPED, NOT PROVEN: %s takes root", what)
}
