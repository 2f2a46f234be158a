// Package sim plays whole sites on fake time, disk, bus, Redis and network. One seed is one run, to the bit: what is
// broken and when, what people do, how long every message takes, and in which order everything happens.
//
//	go test ./tests/sim                          the first seeds, and all that ever failed
//	go test ./tests/sim -v -run TestSeed$ -seed=N        one seed, with everything that happens in it
//	make sim DURATION=2h                         new seeds; those that fail are added to testdata/seeds
//
// Real, the very code of the server: the domain; commands.Application with its timers, snapshots, eviction and learning;
// socket.Server from the handshake's request to the frames, with presence, pings and the fan-out; spectate, paced and
// history; the relay; the live clock; the embedded store with Pebble, its log and its recovery. They are put together in
// host.go and relayer.go as infra/app does it.
//
// Fake, because it is what fails: the disk (Pebble's own crashable one; what was not synced is lost), the network (every
// call between processes and every byte between people and servers), and the services that are other people's programs:
// Redis (a model: marks of life, snapshots, the checkpoint) and Kafka (numbered messages in partitions; sometimes late,
// again, or lost). Between a server and the store there is the port, with the answers that infra/eventstoredb gives, but
// no gRPC: tests/esdb and tests/cluster are there for that, and tests/journal for the journal's Redis. A request over HTTP
// is a call of the application: the edge has its own tests. A process that stands still does not read, write or tick; its
// timers fire but find that nothing can leave.
//
// How a run is the same each time: testing/synctest gives the time and tells when everything stands still. Only then does
// the one scheduler (world.go) take what the goroutines asked for, in the order of what it is and not of who came first,
// draw from the seed how it ends, and let one event happen, which has an instant of its own. One processor, so that what
// one event sets off runs in one order too; what little may overlap within an instant must not decide anything, and
// TestSeedIsOneRun compares whole traces to see that it does not.
//
// It may import anything. The one invariant: nothing in a run comes from anywhere but its seed.
package sim
