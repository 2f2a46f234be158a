package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Violation is one broken rule.
type Violation struct {
	Path string // file or folder, relative to the root
	Rule string // what is wrong with it
}

func (v Violation) String() string { return v.Path + ": " + v.Rule }

// Check looks at all files below a root that skip does not hide, and returns what breaks the rules, ordered by path.
func Check(root fs.FS, skip func(path string) bool) ([]Violation, error) {
	c := checker{documented: map[string]bool{}}
	err := fs.WalkDir(root, ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil || p == "." {
			return err
		}
		if skip(p) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.Contains(p, "/") && !top[p] && !strings.HasPrefix(p, ".") {
			c.add(p, "is not an entry that the design has at the top")
		}
		if entry.IsDir() {
			if depth := strings.Count(p, "/") + 1; depth > maxDepth {
				c.add(p, "is %d folders deep, more than %d", depth, maxDepth)
			}
			return nil
		}
		content, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		c.file(p, content)
		return nil
	})
	for folder, documented := range c.documented {
		if !documented {
			c.add(folder, "has no package comment")
		}
	}
	slices.SortFunc(c.found, func(a, b Violation) int { return strings.Compare(a.String(), b.String()) })
	return c.found, err
}

type checker struct {
	found      []Violation
	documented map[string]bool // package folder -> one of its files has a package comment
}

func (c *checker) add(p, format string, args ...any) {
	c.found = append(c.found, Violation{Path: p, Rule: fmt.Sprintf(format, args...)})
}

// file checks what concerns one file.
func (c *checker) file(p string, content []byte) {
	if inTestdata(p) {
		return // recorded from elsewhere, or meant to be wrong
	}
	switch path.Ext(p) {
	case ".go", ".js", ".css", ".html":
		if n := bytes.Count(content, []byte("\n")); n > maxLines {
			c.add(p, "has %d lines, more than %d", n, maxLines)
		}
	}
	if !bytes.ContainsRune(content, 0) { // text
		for i, line := range strings.Split(string(content), "\n") {
			if machinePath.MatchString(line) {
				c.add(p, "line %d names a path of one machine", i+1)
			}
		}
	}
	if path.Ext(p) == ".go" {
		c.source(p, content)
	}
}

// source checks one Go file: its imports, its purity, its part of the package comment.
func (c *checker) source(p string, content []byte) {
	file, err := parser.ParseFile(token.NewFileSet(), p, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		c.add(p, "is not Go: %v", err)
		return
	}
	folder := path.Dir(p)
	c.documented[folder] = c.documented[folder] || file.Doc != nil
	test := strings.HasSuffix(p, "_test.go")
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			c.add(p, "has an import that is no text: %v", err)
			continue
		}
		c.imports(p, folder, imported, test)
	}
	if within(folder, "domain") && !test {
		c.purity(p, file)
	}
}

// imports checks one arrow.
func (c *checker) imports(p, folder, imported string, test bool) {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case imported == module || strings.HasPrefix(imported, module+"/"):
		target := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
		if target != folder && !allowed(folder, target) {
			c.add(p, "may not import %s", imported)
		}
	case strings.Contains(first, "."):
		if !atHome(folder, imported) && !(test && prefixed(imported, testing)) && folder != "tests" && !within(folder, "tests") {
			c.add(p, "may not import the library %s", imported)
		}
	case within(folder, "domain") && !test && slices.ContainsFunc(impure, func(i string) bool { return within(imported, i) }):
		c.add(p, "is in the domain and may not import %s", imported)
	}
}

// allowed tells whether a folder's layer lets it import another folder of ours.
func allowed(folder, target string) bool {
	for _, l := range layers {
		if l.folder == "" || within(folder, l.folder) {
			return slices.ContainsFunc(l.ours, func(f string) bool { return within(target, f) })
		}
	}
	return false
}

// atHome tells whether a library may be imported in a folder.
func atHome(folder, imported string) bool {
	for library, homes := range libraries {
		if strings.HasPrefix(imported, library) {
			return slices.ContainsFunc(homes, func(home string) bool { return within(folder, home) })
		}
	}
	return false
}

func prefixed(imported string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(imported, prefix) })
}

// purity finds uses of the clock through package time, whatever the file calls it.
func (c *checker) purity(p string, file *ast.File) {
	name := ""
	for _, spec := range file.Imports {
		if spec.Path.Value == `"time"` {
			name = "time"
			if spec.Name != nil {
				name = spec.Name.Name
			}
		}
	}
	if name == "" {
		return
	}
	if name == "." {
		c.add(p, "is in the domain and may not import time with a dot")
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == name && clocks[s.Sel.Name] {
				c.add(p, "is in the domain and may not use time.%s", s.Sel.Name)
			}
		}
		return true
	})
}

// within tells whether a path is a folder or lies below it.
func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

func inTestdata(p string) bool { return slices.Contains(strings.Split(p, "/"), "testdata") }
