// Package network gives each part of a cluster a machine of its own, as far as the network goes: a namespace behind a
// router, so that the way from one part to another can be cut, made lossy or slow; and a proxy that delays, cuts and
// resets connections, which this kernel's queues may not be able to do. It knows nothing of testing. It takes root, and
// the Debian packages iproute2 and nftables. Only tests/ may import it; it imports the standard library.
//
// The one invariant: nothing of it reaches beyond the namespaces that it made, and Close removes all of them.
package network
