// Command ply is an event-sourced game server; `ply --help` says what it can do.
package main

import (
	"os"

	"github.com/plygames/ply/infra/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
