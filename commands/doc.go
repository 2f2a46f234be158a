// Package commands is the write side: it takes a wish, rebuilds the game that it is about, asks the domain what
// happens, appends that, and tells whoever shows the game. Socket -> command -> decide -> append is all here;
// handle.go is the page to read first.
//
// It imports the domain only. What it needs of the world stands in ports.go.
package commands
