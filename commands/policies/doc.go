// Package policies is what nobody asks for: code that reacts to what is recorded with commands. A policy works at least
// once and is harmless twice, on any number of servers: the game decides.
//
// It imports the domain only; the views it reads and the commands it gives come through small interfaces.
package policies
