// Package web holds the page that people meet at "/": plain HTML, CSS and ES modules, embedded in the binary as
// they were written, without a build step.
//
// The page speaks ply.v1 as any other client does and holds no rules: which squares a piece may go to comes from the
// server. This package therefore serves files and knows nothing about games. It imports the standard library only.
//
// The invariant: a browser never runs anything that is not one of these files. The content security policy that
// goes out with every answer forbids inline scripts, inline styles and foreign origins.
package web
