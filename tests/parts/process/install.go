package process

import (
	"fmt"
	"os"
	"os/exec"
)

// Install makes sure that a program is there, installing its Debian package if we may. progress is told when that takes
// time.
func Install(pkg, binary string, progress func(format string, args ...any)) error {
	if _, err := exec.LookPath(binary); err == nil {
		return nil
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%s is missing and can't be installed from here: install %s", binary, pkg)
	}
	progress("installing %s", pkg)
	install := exec.Command("sh", "-c", `apt-get install -y --no-install-recommends "$0" || { apt-get update && apt-get install -y --no-install-recommends "$0"; }`, pkg)
	install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("%s is missing, and apt-get install %s says: %w\n%s", binary, pkg, err, out)
	}
	_, err := exec.LookPath(binary)
	return err
}
