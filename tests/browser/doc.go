// Package browser proves that people can play: headless Chromium opens the page of a real server process and plays by
// mouse against a scripted opponent, while the server is killed and started again.
//
// Its tests import the harness and chromedp; nobody imports them. What the page showed is kept as pictures below
// tests/output/browser.
//
// The one invariant: a page that logs an error, throws, or breaks the content security policy fails the test that
// looked at it, whatever that test was about.
package browser
