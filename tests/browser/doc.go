// Package browser proves that people can play: headless Chromium opens the page of a real server process and plays against
// scripted opponents, while the server is killed and started again. It looks at every screen in several sizes and both
// colour schemes with an accessibility checker, shows hostile names on them, weighs the first load, and measures how soon a
// move is on the screen.
//
// Its tests import the harness and chromedp; nobody imports them. They share one browser process, each window with a
// memory of its own. What the page showed is kept as pictures below tests/output/browser.
//
// The one invariant: a page that logs an error, throws, asks another host or breaks the content security policy fails the
// test that looked at it, whatever that test was about.
package browser
