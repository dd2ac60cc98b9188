// Package contactcsv reads contacts from the CSV files that people have: exports
// of HubSpot, Pipedrive, Google and Outlook, spreadsheets, and plain lists.
//
// A row that cannot be read costs itself only: it is reported with the line it
// begins on, and reading goes on with the next line. Whether a value is valid for
// a contact is not decided here, and nothing is written.
package contactcsv

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// File is a CSV file whose header is understood.
type File struct {
	columns columns
	width   int // cells of the header
	rest    scanner
}

// Parse reads the header of a file, given whole. It fails with fault.Invalid when
// the file is not CSV text, or none of its columns is known.
func Parse(data []byte) (*File, error) {
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	s := scanner{text: text, line: 1}
	s.skipSeparatorHint()
	s.skipBlankLines()
	if s.done() {
		return nil, invalid("The file is empty.")
	}
	if s.comma == 0 {
		s.comma = delimiter(s.firstLine())
	}
	header, err := s.record()
	if err != nil {
		return nil, invalid("The header in line %d cannot be read: it %v.", header.line, err)
	}
	columns := recognise(header.cells)
	if columns.none() {
		return nil, invalid("No column of the header is known. Name columns for example email, first_name, last_name, phone or company.")
	}
	return &File{columns: columns, width: len(header.cells), rest: s}, nil
}

// Rows yields every row after the header. A row that cannot be used has a
// Problem; blank rows are left out. The sequence may be ranged over repeatedly,
// and never yields an error: the file is in memory.
func (f *File) Rows() iter.Seq2[sync.ImportRow, error] {
	return func(yield func(sync.ImportRow, error) bool) {
		s := f.rest
		for s.skipBlankLines(); !s.done(); s.skipBlankLines() {
			if row, given := f.row(s.record()); given && !yield(row, nil) {
				return
			}
		}
	}
}

// row turns a record into a row; given is false for one without any value.
func (f *File) row(r record, err error) (row sync.ImportRow, given bool) {
	row.Line = r.line
	switch {
	case err != nil:
		row.Problem = "The row " + err.Error() + "."
	case blank(r.cells):
		return row, false
	case len(r.cells) < f.width:
		row.Problem = "The row has " + cells(len(r.cells)) + " where the header has " + number(f.width) + "."
	case !blank(r.cells[f.width:]):
		row.Problem = "The row has " + cells(len(r.cells)) + " where the header has " + number(f.width) + ": is a value with the delimiter in it not quoted?"
	case !utf8.ValidString(strings.Join(r.cells, "")):
		row.Problem = "The row is not UTF-8 text. Save the file as “CSV UTF-8” and import it again."
	default:
		row.Values = f.columns.values(r.cells)
	}
	return row, true
}

func blank(cells []string) bool {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

func invalid(format string, args ...any) error {
	err := fault.New(fault.Invalid, format, args...)
	err.Fields = map[string]string{"header": err.Message}
	return err
}

// values reads a record's cells; a blank cell says nothing, so it is left out.
func (c columns) values(cells []string) contact.Values {
	values := contact.Values{}
	for f, candidates := range c.of {
		for _, i := range candidates {
			if v := single(f, cells[i]); v != "" {
				values[f] = v
				break
			}
		}
	}
	if c.fullName >= 0 && values[contact.FirstName] == "" && values[contact.LastName] == "" {
		first, last, _ := strings.Cut(contact.Tidy(cells[c.fullName]), " ")
		if first != "" {
			values[contact.FirstName] = first
		}
		if last != "" {
			values[contact.LastName] = last
		}
	}
	return values
}

// single takes the first of several values that an export wrote into one cell:
// Google's " ::: ", and lists of addresses with commas or semicolons.
func single(f contact.Field, cell string) string {
	if f == contact.Email || f == contact.Phone {
		cell = firstPart(cell, func(s string) (string, string, bool) { return strings.Cut(s, ":::") })
	}
	if f == contact.Email {
		cell = firstPart(cell, cutList)
	}
	return contact.Tidy(cell)
}

func firstPart(text string, cut func(string) (string, string, bool)) string {
	for more := true; more; {
		var part string
		part, text, more = cut(text)
		if part = strings.TrimSpace(part); part != "" {
			return part
		}
	}
	return ""
}

func cutList(text string) (before, after string, found bool) {
	if i := strings.IndexAny(text, ",;"); i >= 0 {
		return text[:i], text[i+1:], true
	}
	return text, "", false
}
