// Package kafka runs real Kafka brokers on this machine, one or a cluster of three, on free ports and in a folder of the
// caller's: no container, no ZooKeeper, no root. The jars come from Maven Central, once, into a cache outside the
// repository; afterwards no network is needed.
//
// It knows nothing of testing, so that a program may use it as well; tests take harness.StartKafka, which fails the test
// instead of returning errors. Only tests/ may import it. It may import anything.
//
// The one invariant: a node keeps its ports and its data over Kill9, Stop and Restart, so that clients find it again.
package kafka
