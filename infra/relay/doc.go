// Package relay carries the store's global order to the bus: subscribe to all after the checkpoint, publish, move the
// checkpoint. It imports the domain and projections' ports; the bus and the store come in through interfaces.
//
// The one invariant: the checkpoint never passes an event that the bus has not acknowledged. So a relay that dies, or an
// old one that wakes up, repeats events and never skips one; readers drop what they have by version.
package relay
