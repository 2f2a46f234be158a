// Package cluster runs the whole topology of docker-compose.yml as processes of this machine: Redis, Kafka, ply's own
// store, play servers, watch servers, relay, project, and HAProxy before them, with the configuration files of
// infra/deploy. It knows nothing of testing, so that `make cluster` and tests use the same. Only tests/ may import it.
//
// The one invariant: every part keeps its address, its folder and its settings over Kill9, Stop and Start, so that the
// others find it again.
package cluster
