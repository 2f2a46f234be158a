# `make help` lists the targets. Everything here also works in a fresh clone with nothing but Go 1.26.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Tests that play for minutes run without the race detector; everything else runs with it.
LONG := corpus crash robustness sim browser cluster deploy exports views upgrade
FUZZTIME ?= 60s

.PHONY: help run cluster build test bench compare lint fuzz sim planted hostile robust upgrade

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start a server with data in ./data
	go run .

cluster: ## a whole cluster as processes; DATA=dir keeps its data, LISTEN=host:port, JOURNAL=false
	@go build -o bin/cluster ./tests/cluster/up
	@exec bin/cluster $(if $(DATA),-data '$(DATA)') $(if $(LISTEN),-listen '$(LISTEN)') $(if $(JOURNAL),-journal='$(JOURNAL)')

build: ## build bin/ply, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/ply .

test: ## lint, then every test; installs what the tests need
	tests/run.sh $(LONG)

lint: ## format, vet, and the rules of tests/arch
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go test -count=1 ./tests/arch

bench: ## the main benchmarks, and what got worse since the recorded run; RECORD=1 records, STRICT=1 fails if worse, COUNT=6
	@go run ./tests/bench/run $(if $(RECORD),-record) $(if $(STRICT),-strict) $(if $(COUNT),-count='$(COUNT)')

compare: ## the same games against ply and three other stacks; PLY_COMPARE_FOR=10s, _ROUNDS=3, _GAMES=100, _RATE=100, _ONLY=ply,ws
	@mkdir -p tests/output
	PLY_COMPARE_FOR=$${PLY_COMPARE_FOR:-10s} PLY_COMPARE_TABLE='$(CURDIR)/tests/output/compare.md' go test -count=1 -timeout=3h -v -run='^TestSideBySide$$' ./tests/compare
	@cat tests/output/compare.md

fuzz: ## every fuzz target for FUZZTIME (60s)
	@for package in $$(go list ./...); do \
	  for target in $$(go test -list='^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "$$package $$target"; go test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=100x $$package; \
	  done; \
	done

DURATION ?= 10m
sim: ## whole sites on fake time, disk and network with new seeds for DURATION (10m)
	go test -count=1 -timeout=0 -v -run='^TestSeeds$$' ./tests/sim -long=$(DURATION)

BAD ?= 10000
hostile: ## honest players beside a swarm of BAD (10000) bad connections: their ack p99 as a ratio; ROUNDS=5, LIMIT=2 judges, KINDS=pongs,silence
	go test -count=1 -timeout=60m -v -run='^(TestSwarm|TestVanished|TestConnectionsLeaveFiles)$$' ./tests/hostile -bad=$(BAD) -rounds=$(or $(ROUNDS),5) \
	  $(if $(LIMIT),-limit=$(LIMIT)) $(if $(KINDS),-kinds='$(KINDS)')

robust: ## a whole cluster, each part on a machine of its own, under random faults for DURATION (10m); SEED=number, ONLY='zombie|kill', FAULTS=50, CALM=0
	go test -count=1 -timeout=0 -v -run='^TestRobust$$' ./tests/cluster -robust=$(DURATION) $(if $(SEED),-seed=$(SEED)) $(if $(ONLY),-only='$(ONLY)') $(if $(FAULTS),-faults=$(FAULTS)) $(if $(CALM),-calm='$(CALM)')

upgrade: ## the last release and this one on one store, also with Kafka, for DURATION (10m)
	go test -count=1 -timeout=0 -v -run='^(TestTwoReleases|TestRollingUpgrade)$$' ./tests/upgrade -long=$(DURATION)

planted: ## plant mistakes one at a time and see whether the tests find them; BUG=regexp for some
	go test -count=1 -timeout=0 -tags planted -v -run='^TestHunt$$' ./tests/planted -bug='$(BUG)'
