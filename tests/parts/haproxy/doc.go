// Package haproxy runs the proxy of a cluster as a process, with the configuration file of the deployment, and asks its
// admin socket how the servers behind it are. It knows nothing of testing, so that a program may use it as well; tests
// take harness.StartHAProxy, which fails the test instead of returning errors. Only tests/ may import it.
//
// The one invariant: the file that is run is the one that is deployed; only the environment differs.
package haproxy
