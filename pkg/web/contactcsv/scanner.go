package contactcsv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxRecord bounds one row in bytes: far above any contact, and low enough that a
// stray quote cannot swallow much of the file.
const maxRecord = 64_000

// scanner splits text into records as RFC 4180 has it, with LF, CRLF or CR line
// ends. A quote inside an unquoted cell is an ordinary character.
type scanner struct {
	text  string
	comma byte
	line  int // of text's first character, the file's first being 1
}

// record is the cells of one row, and the line it begins on.
type record struct {
	cells []string
	line  int
}

var (
	errOpenQuote = errors.New("has a quote that is not closed")
	errAfter     = errors.New("has text after a closing quote")
	errTooLong   = errors.New("is longer than 64 kB")
)

func (s *scanner) done() bool { return s.text == "" }

// record reads one row. When it cannot be read, only the line it begins on is
// passed over, so that an unclosed quote does not take the next rows with it.
func (s *scanner) record() (record, error) {
	r := record{line: s.line}
	rest := *s
	for {
		cell, more, err := rest.cell()
		if err == nil && len(s.text)-len(rest.text) > maxRecord {
			err = errTooLong
		}
		if err != nil {
			s.skipLine()
			return r, err
		}
		r.cells = append(r.cells, cell)
		if !more {
			*s = rest
			return r, nil
		}
	}
}

// cell reads one cell and what ends it; more reports that it was the delimiter.
func (s *scanner) cell() (value string, more bool, err error) {
	if strings.HasPrefix(s.text, `"`) {
		if value, err = s.quoted(); err != nil {
			return "", false, err
		}
		if s.text != "" && s.text[0] != s.comma && !isLineEnd(s.text[0]) {
			return "", false, errAfter
		}
	} else {
		end := strings.IndexFunc(s.text, func(c rune) bool { return c == rune(s.comma) || c == '\n' || c == '\r' })
		if end < 0 {
			end = len(s.text)
		}
		value, s.text = s.text[:end], s.text[end:]
	}
	if s.text != "" && s.text[0] == s.comma {
		s.text = s.text[1:]
		return value, true, nil
	}
	s.skipLineEnd()
	return value, false, nil
}

// quoted reads a quoted cell up to and with its closing quote.
func (s *scanner) quoted() (string, error) {
	var b strings.Builder
	for text := s.text[1:]; ; {
		i := strings.IndexByte(text[:min(len(text), maxRecord)], '"')
		switch {
		case i < 0 && len(text) > maxRecord:
			return "", errTooLong
		case i < 0:
			return "", errOpenQuote
		}
		b.WriteString(text[:i])
		if b.Len() > maxRecord {
			return "", errTooLong
		}
		if text = text[i+1:]; !strings.HasPrefix(text, `"`) {
			s.line += lines(s.text[:len(s.text)-len(text)])
			s.text = text
			return b.String(), nil
		}
		b.WriteByte('"')
		text = text[1:]
	}
}

func (s *scanner) skipLine() {
	if end := strings.IndexAny(s.text, "\r\n"); end >= 0 {
		s.text = s.text[end:]
		s.skipLineEnd()
		return
	}
	s.text = ""
}

func (s *scanner) skipLineEnd() {
	if s.text == "" {
		return
	}
	n := 1
	if strings.HasPrefix(s.text, "\r\n") {
		n = 2
	}
	s.text = s.text[n:]
	s.line++
}

func (s *scanner) skipBlankLines() {
	for s.text != "" && isLineEnd(s.text[0]) {
		s.skipLineEnd()
	}
}

// skipSeparatorHint passes over the line "sep=;" that Excel writes and obeys.
func (s *scanner) skipSeparatorHint() {
	line := s.firstLine()
	if len(line) == len("sep=,") && strings.EqualFold(line[:4], "sep=") {
		s.comma = line[4]
		s.skipLine()
	}
}

func (s *scanner) firstLine() string {
	if end := strings.IndexAny(s.text, "\r\n"); end >= 0 {
		return s.text[:end]
	}
	return s.text
}

// delimiter guesses what separates the cells of a header: the candidate that
// occurs most outside of quotes, a comma if none does.
func delimiter(header string) byte {
	best, most := byte(','), 0
	for _, candidate := range []byte(",;\t|") {
		n, quoted := 0, false
		for i := range len(header) {
			switch {
			case header[i] == '"':
				quoted = !quoted
			case header[i] == candidate && !quoted:
				n++
			}
		}
		if n > most {
			best, most = candidate, n
		}
	}
	return best
}

// decode drops a byte order mark and turns UTF-16, which Excel calls Unicode
// text, into UTF-8.
func decode(data []byte) (string, error) {
	if rest, ok := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); ok {
		return string(rest), nil
	}
	if rest, ok := bytes.CutPrefix(data, []byte("\xff\xfe")); ok {
		return fromUTF16(rest, binary.LittleEndian), nil
	}
	if rest, ok := bytes.CutPrefix(data, []byte("\xfe\xff")); ok {
		return fromUTF16(rest, binary.BigEndian), nil
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", invalid("The file is not CSV text.")
	}
	return string(data), nil
}

func fromUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

// lines counts line ends.
func lines(text string) int {
	return strings.Count(text, "\n") + strings.Count(text, "\r") - strings.Count(text, "\r\n")
}

func isLineEnd(c byte) bool { return c == '\n' || c == '\r' }

func number(n int) string { return strconv.Itoa(n) }

func cells(n int) string {
	if n == 1 {
		return "1 cell"
	}
	return number(n) + " cells"
}
