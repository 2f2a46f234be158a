// Package redis tests the adapters of infra/redis on a real redis-server that is killed, frozen, flushed and restarted.
// Only tests are here, because only they may import the harness. Each needs the program redis-server.
//
// The one invariant: nothing here imitates Redis.
package redis
