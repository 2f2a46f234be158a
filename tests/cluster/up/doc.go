// Command up runs a whole cluster of ply on this machine without containers, for `make cluster`: it installs what is
// missing, starts every part with the configuration files of the deployment, says where each is and how they are, starts
// again what ends, as docker-compose.yml would, and takes everything down at ^C.
//
// The one invariant: when it is gone, everything that it started is gone.
package main
