// Package broken holds buses that break one promise each. The conformance suite must reject every one of them, or it
// proves nothing about the others.
package broken
