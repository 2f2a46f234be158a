package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	lib "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/plygames/ply/projections/exports"
)

// Format is Parquet as a format of exports.
var Format = exports.Format{Name: "parquet", MIME: "application/vnd.apache.parquet", New: open}

var magic = []byte("PAR1")

// writer writes one file.
type writer struct {
	out    io.Writer
	offset int64 // bytes in the file
	footer format.FileMetaData

	group *lib.GenericWriter[exports.Row] // the row group that is being filled
	bytes bytes.Buffer                    // what it writes
	rows  int
	one   [1]exports.Row
}

func open(out io.Writer, offset int64, state []byte) (exports.Writer, error) {
	w := &writer{out: out, offset: offset}
	w.begin()
	if offset > 0 {
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), state, &w.footer); err != nil {
			return nil, fmt.Errorf("parquet: the state to go on with: %w", err)
		}
		return w, nil
	}
	return w, w.write(magic)
}

func (w *writer) write(b []byte) error {
	n, err := w.out.Write(b)
	w.offset += int64(n)
	return err
}

// Add implements exports.Writer.
func (w *writer) Add(g *exports.Game) error {
	w.one[0] = g.Row
	w.rows++
	_, err := w.group.Write(w.one[:])
	return err
}

// Cut ends the row group.
func (w *writer) Cut() ([]byte, error) {
	if w.rows > 0 {
		if err := w.flush(); err != nil {
			return nil, err
		}
	}
	return thrift.Marshal(new(thrift.CompactProtocol), w.footer)
}

// flush appends the pages of the row group, and what it says of itself to the footer.
func (w *writer) flush() error {
	if err := w.group.Close(); err != nil {
		return err
	}
	whole := w.bytes.Bytes()
	part, err := readFooter(whole)
	if err != nil {
		return err
	}
	if w.footer.Schema == nil {
		w.footer = *part
		w.footer.RowGroups, w.footer.NumRows = nil, 0
	}
	end := int64(len(magic))
	shift := w.offset - end
	for i := range part.RowGroups {
		g := &part.RowGroups[i]
		for j := range g.Columns {
			end = max(end, move(&g.Columns[j], shift))
		}
		g.FileOffset += shift
		g.Ordinal = int16(len(w.footer.RowGroups))
		w.footer.RowGroups = append(w.footer.RowGroups, *g)
	}
	w.footer.NumRows += part.NumRows
	// The pages end before the indexes of pages, which name places in the file and are left out.
	if err := w.write(whole[len(magic):end]); err != nil {
		return err
	}
	w.rows = 0
	w.begin()
	return nil
}

// begin begins a row group, with a writer of its own: the library's remembers things from one to the next.
func (w *writer) begin() {
	w.bytes.Reset()
	w.group = lib.NewGenericWriter[exports.Row](&w.bytes,
		lib.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		lib.CreatedBy("ply", "1", "1"),
		lib.DataPageStatistics(false),
	)
}

// move says where a column's pages are when all of the file is moved, and gives their end before that.
func move(c *format.ColumnChunk, by int64) (end int64) {
	m := &c.MetaData
	begin := m.DataPageOffset
	if m.DictionaryPageOffset > 0 {
		begin = min(begin, m.DictionaryPageOffset)
		m.DictionaryPageOffset += by
	}
	m.DataPageOffset += by
	if c.FileOffset > 0 {
		c.FileOffset += by
	}
	m.IndexPageOffset, m.BloomFilterOffset, m.BloomFilterLength = 0, 0, 0
	c.OffsetIndexOffset, c.OffsetIndexLength, c.ColumnIndexOffset, c.ColumnIndexLength = 0, 0, 0, 0
	return begin + m.TotalCompressedSize
}

// Close writes the footer.
func (w *writer) Close() error {
	if w.rows > 0 || w.footer.Schema == nil { // a file without games has its columns too
		if err := w.flush(); err != nil {
			return err
		}
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), w.footer)
	if err != nil {
		return err
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return w.write(append(footer, magic...))
}

var errFooter = errors.New("parquet: the library wrote no footer")

// readFooter reads the description at the end of a whole file.
func readFooter(file []byte) (*format.FileMetaData, error) {
	tail := len(magic) + 4
	if len(file) < len(magic)+tail || !bytes.HasSuffix(file, magic) {
		return nil, errFooter
	}
	n := int(binary.LittleEndian.Uint32(file[len(file)-tail:]))
	if n > len(file)-tail-len(magic) {
		return nil, errFooter
	}
	footer := new(format.FileMetaData)
	err := thrift.Unmarshal(new(thrift.CompactProtocol), file[len(file)-tail-n:len(file)-tail], footer)
	return footer, err
}
