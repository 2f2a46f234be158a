package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed page
var page embed.FS

// placeholder stands in index.html where the content hash goes, so that every file below it may be cached for ever.
const placeholder = "/assets/-/"

// listed is where index.html wants its style sheets and modules named. Named at once, they all come in one round trip
// instead of one for each level of imports.
const listed = "<!-- files -->"

// file is one embedded file, ready to be sent.
type file struct {
	body   []byte
	zipped []byte // nil when compression does not pay
	kind   string // Content-Type
	etag   string
}

// site is everything that is served: the page itself and its files by name, under one hash of all of them.
type site struct {
	index  file
	assets map[string]file
	hash   string
}

// build reads the embedded files. Modules name each other by relative paths, so one hash in the folder's name versions
// them all. It fails only if the binary was built from a broken tree, which the tests would have shown.
func build() (*site, error) {
	s := &site{assets: map[string]file{}}
	sum := sha256.New()
	var index []byte
	err := fs.WalkDir(page, "page", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := page.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(body))
		sum.Write(body)
		if name == "page/index.html" {
			index = body
			return nil
		}
		made, err := prepare(name, body)
		s.assets[strings.TrimPrefix(name, "page/")] = made
		return err
	})
	if err != nil {
		return nil, err
	}
	s.hash = hex.EncodeToString(sum.Sum(nil)[:6])
	index = bytes.Replace(index, []byte(listed), []byte(s.links()), 1)
	s.index, err = prepare("index.html", bytes.ReplaceAll(index, []byte(placeholder), []byte("/assets/"+s.hash+"/")))
	return s, err
}

// links are the tags for all style sheets and modules, by folder and name: base comes before what builds on it.
func (s *site) links() string {
	var sheets, modules strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.assets)) {
		switch path.Ext(name) {
		case ".css":
			fmt.Fprintf(&sheets, "<link rel=\"stylesheet\" href=\"%s%s\">\n  ", placeholder, name)
		case ".js":
			fmt.Fprintf(&modules, "<link rel=\"modulepreload\" href=\"%s%s\">\n  ", placeholder, name)
		}
	}
	return sheets.String() + strings.TrimRight(modules.String(), "\n ")
}

func prepare(name string, body []byte) (file, error) {
	kind, known := kinds()[path.Ext(name)]
	if !known {
		return file{}, fmt.Errorf("web: %s has no content type", name)
	}
	sum := sha256.Sum256(body)
	f := file{body: body, kind: kind, etag: hex.EncodeToString(sum[:8])}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return f, err
	}
	if _, err := w.Write(body); err != nil {
		return f, err
	}
	if err := w.Close(); err != nil {
		return f, err
	}
	if b.Len() < len(body) {
		f.zipped = b.Bytes()
	}
	return f, nil
}

// kinds are the content types of the files we have. The system's own table differs from machine to machine.
func kinds() map[string]string {
	return map[string]string{
		".html": "text/html; charset=utf-8",
		".css":  "text/css; charset=utf-8",
		".js":   "text/javascript; charset=utf-8",
		".svg":  "image/svg+xml",
	}
}
