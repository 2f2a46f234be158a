#!/usr/bin/env bash
# Runs lint and all tests: the folders of tests/ given as arguments without the race detector, everything else with it.
# Ends with one summary. Called by `make test`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=tests/output
mkdir -p "$out"

# needs COMMAND PACKAGE: installs a Debian package if a command is missing. Where that is not possible, the tests that
# need it say so themselves: they fail under CI=true and skip loudly otherwise.
needs() {
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing $2"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2"; } >"$out/apt.log" 2>&1 ||
      echo "could not install $2, see $out/apt.log"
  else
    echo "$1 is missing and can't be installed from here: install $2"
  fi
}
needs gcc gcc # the race detector links with it
needs chromium chromium
needs redis-server redis-server
needs haproxy haproxy
needs ip iproute2 # machines of their own for the parts of a cluster
needs nft nftables
needs java default-jdk-headless # Kafka, whose jars Maven fetches once
needs mvn maven
needs npm npm # the accessibility checker comes by it

make --no-print-directory lint

# The long tests are played for minutes by processes of their own; tests/arch is part of lint. The journal's are run both
# ways: the detector sees its goroutines, and without it forty thousand interleavings take seconds.
folders=$(IFS='|' && echo "$*")
all=$(go list ./...)
long=$(grep -E "/tests/($folders|journal)(/|$)" <<<"$all" || true)
short=$(grep -vE "/tests/($folders|arch)(/|$)" <<<"$all")

started=$SECONDS
failed=0
go test -race -timeout=20m $short 2>&1 | tee "$out/short.log" || failed=1
: >"$out/long.log"
if [ -n "$long" ]; then
  go test -timeout=30m $long 2>&1 | tee "$out/long.log" || failed=1
fi

# One summary: what failed first, then the counts.
echo
echo "== go test: summary =="
cat "$out/short.log" "$out/long.log" | grep -E '^(FAIL|--- FAIL|panic:|WARNING: DATA RACE)' || true
awk -v seconds=$((SECONDS - started)) '
  /^ok / { ok++ } /^FAIL\t/ { failed++ } /no test files/ { none++ }
  END { printf "%d packages ok, %d failed, %d without tests, in %d min %d s\n", ok, failed, none, seconds / 60, seconds % 60 }
' "$out/short.log" "$out/long.log"
exit "$failed"
