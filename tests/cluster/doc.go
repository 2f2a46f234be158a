// Package cluster proves the cluster: real Redis, Kafka and HAProxy, the store on its own, four play and two watch
// servers, all as processes with the configuration files of the deployment, under real games and a schedule of faults.
// With PLY_TEST_ESDB set the store is the real one behind that connection string.
//
// The one invariant: what is believed at the end was compared by somebody who saw everything: the history of all clients,
// the store's streams, and Kafka's topic.
package cluster
