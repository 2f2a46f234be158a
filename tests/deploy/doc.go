// Package deploy tests what is deployed: the proxy's configuration as a running proxy in front of real and dummy servers,
// docker-compose.yml, the rules of Prometheus and the dashboard of Grafana, each with its own tool. Only tests import it.
//
// The one invariant: a file that a deployment reads is read here by the program that will read it there, wherever that
// program can be had.
package deploy
