// Package projections is the read side: views folded from recorded events. Every view can be deleted and rebuilt.
// It imports the domain only; what it needs of the world stands in ports.go.
package projections
