package contactcsv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

func read(t *testing.T, text string) []sync.ImportRow {
	t.Helper()
	file, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	var rows []sync.ImportRow
	for row, err := range file.Rows() {
		if err != nil {
			t.Fatalf("Rows: %v", err)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestHeaders(t *testing.T) {
	ada := contact.Values{
		contact.Email: "ada@example.com", contact.FirstName: "Ada", contact.LastName: "King Lovelace", contact.Phone: "+1 555 0100",
		contact.Company: "Engines Ltd", contact.JobTitle: "Analyst", contact.Pronouns: "she/her",
	}
	for name, file := range map[string]string{
		"own": "email,firstName,lastName,phone,company,jobTitle,pronouns\n" +
			"ada@example.com,Ada,King Lovelace,+1 555 0100,Engines Ltd,Analyst,she/her",
		"plain": "first_name,last_name,company_name,phone1,phone2,email,job_title,pronouns,web\n" +
			"Ada,King Lovelace,Engines Ltd,+1 555 0100,+1 555 0199,ada@example.com,Analyst,she/her,http://example.com",
		"HubSpot": `Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Contact owner,Associated Company,Job Title,Pronouns,Email Domain` + "\n" +
			`51,Ada,King Lovelace,ada@example.com,+1 555 0100,+1 555 0101,Grace,Engines Ltd,Analyst,she/her,example.com`,
		"Pipedrive": `Person - ID,Person - Name,Person - Organization,Person - Email - Work,Person - Email - Home,Person - Phone - Work,Person - Job title,Person - Pronouns` + "\n" +
			`7,Ada King Lovelace,Engines Ltd,ada@example.com,ada@home.example,+1 555 0100,Analyst,she/her`,
		"Google": `First Name,Middle Name,Last Name,Organization Name,Organization Title,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Pronouns` + "\n" +
			`Ada,,King Lovelace,Engines Ltd,Analyst,* Work,ada@example.com ::: ada@home.example,Mobile,+1 555 0100 ::: +1 555 0101,she/her`,
		"Google before 2024": `Name,Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Name,Organization 1 - Title,Pronouns` + "\n" +
			`Ignored Here,Ada,King Lovelace,*,ada@example.com,Work,+1 555 0100,Engines Ltd,Analyst,she/her`,
		"Outlook": `Title,First Name,Last Name,Company,Job Title,E-mail Address,E-mail 2 Address,Business Phone,Home Phone,Pronouns` + "\n" +
			`Dr,Ada,King Lovelace,Engines Ltd,Analyst,ada@example.com,ada@home.example,+1 555 0100,+1 555 0101,she/her`,
		"a position": "Full name;E-Mail;Telephone;Organisation;Position;Pronouns\n" +
			"Ada King Lovelace;ada@example.com;+1 555 0100;Engines Ltd;Analyst;she/her",
	} {
		t.Run(name, func(t *testing.T) {
			rows := read(t, file)
			if len(rows) != 1 || rows[0].Problem != "" {
				t.Fatalf("rows: %+v", rows)
			}
			if diff := cmp.Diff(ada, rows[0].Values); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRowsAndLines(t *testing.T) {
	row := func(line int, email, last string) sync.ImportRow {
		values := contact.Values{contact.Email: email}
		if last != "" {
			values[contact.LastName] = last
		}
		return sync.ImportRow{Line: line, Values: values}
	}
	bad := func(line int, problem string) sync.ImportRow { return sync.ImportRow{Line: line, Problem: problem} }
	for name, test := range map[string]struct {
		file string
		want []sync.ImportRow
	}{
		"byte order mark":           {"\ufeffemail,last_name\na@b.co,A\n", []sync.ImportRow{row(2, "a@b.co", "A")}},
		"CRLF":                      {"email,last_name\r\na@b.co,A\r\nc@d.co,C\r\n", []sync.ImportRow{row(2, "a@b.co", "A"), row(3, "c@d.co", "C")}},
		"CR only":                   {"email,last_name\ra@b.co,A\rc@d.co,C", []sync.ImportRow{row(2, "a@b.co", "A"), row(3, "c@d.co", "C")}},
		"no final line end":         {"email,last_name\na@b.co,A", []sync.ImportRow{row(2, "a@b.co", "A")}},
		"blank lines":               {"\n\nemail,last_name\n\n\na@b.co,A\n\n", []sync.ImportRow{row(6, "a@b.co", "A")}},
		"blank rows":                {"email,last_name\n,\n , \na@b.co,A\n", []sync.ImportRow{row(4, "a@b.co", "A")}},
		"a blank cell says nothing": {"email,last_name\na@b.co,\n", []sync.ImportRow{row(2, "a@b.co", "")}},
		"tabs":                      {"email\tlast_name\na@b.co\tA, B\n", []sync.ImportRow{row(2, "a@b.co", "A, B")}},
		"semicolons":                {"\"e-mail\";\"last, name\";last_name\na@b.co;;A,B\n", []sync.ImportRow{row(2, "a@b.co", "A,B")}},
		"pipes":                     {"email|last_name\na@b.co|A\n", []sync.ImportRow{row(2, "a@b.co", "A")}},
		"one column":                {"email\na@b.co\nc@d.co\n", []sync.ImportRow{row(2, "a@b.co", ""), row(3, "c@d.co", "")}},
		"separator line":            {"sep=;\nemail;last_name\na@b.co;A\n", []sync.ImportRow{row(3, "a@b.co", "A")}},
		"quotes":                    {"email,last_name\n\"a@b.co\",\"O\"\"Hara, \"\"Bo\"\"\"\n", []sync.ImportRow{row(2, "a@b.co", `O"Hara, "Bo"`)}},
		"a quote inside":            {"email,last_name\na@b.co,5\" Pipe\n", []sync.ImportRow{row(2, "a@b.co", `5" Pipe`)}},
		"line ends in quotes": {
			"email,last_name\na@b.co,\"A\nB\r\nC\"\nc@d.co,C\n",
			[]sync.ImportRow{row(2, "a@b.co", "A B C"), row(5, "c@d.co", "C")},
		},
		"too few cells": {
			"email,last_name,phone\na@b.co\nc@d.co,C,\n",
			[]sync.ImportRow{bad(2, "The row has 1 cell where the header has 3."), row(3, "c@d.co", "C")},
		},
		"too many cells": {
			"email,last_name\na@b.co,A,B\nc@d.co,C,,\n",
			[]sync.ImportRow{
				bad(2, "The row has 3 cells where the header has 2: is a value with the delimiter in it not quoted?"),
				row(3, "c@d.co", "C"),
			},
		},
		"an unclosed quote costs its own line": {
			"email,last_name\na@b.co,\"A\nc@d.co,\"C\"\ne@f.co,E\n",
			[]sync.ImportRow{bad(2, "The row has text after a closing quote."), row(3, "c@d.co", "C"), row(4, "e@f.co", "E")},
		},
		"an unclosed quote at the end": {
			"email,last_name\na@b.co,A\nc@d.co,\"C",
			[]sync.ImportRow{row(2, "a@b.co", "A"), bad(3, "The row has a quote that is not closed.")},
		},
		"an unclosed quote before much text": {
			"email,last_name\na@b.co,\"A\n" + strings.Repeat("c@d.co,C\n", 10_000),
			append([]sync.ImportRow{bad(2, "The row is longer than 64 kB.")}, repeated(3, 10_000, row)...),
		},
		"an endless row": {
			"email,last_name\na@b.co," + strings.Repeat("A", maxRecord) + "\nc@d.co,C\n",
			[]sync.ImportRow{bad(2, "The row is longer than 64 kB."), row(3, "c@d.co", "C")},
		},
		"not UTF-8": {
			"email,last_name\na@b.co,Zo\xeb\nc@d.co,C\n",
			[]sync.ImportRow{bad(2, "The row is not UTF-8 text. Save the file as “CSV UTF-8” and import it again."), row(3, "c@d.co", "C")},
		},
		"rows twice": {
			"email,last_name\na@b.co,A\na@b.co,B\n",
			[]sync.ImportRow{row(2, "a@b.co", "A"), row(3, "a@b.co", "B")},
		},
		"columns twice": {
			"email,email,last_name,surname\n,a@b.co,,A\n",
			[]sync.ImportRow{row(2, "a@b.co", "A")},
		},
		"a list of addresses": {"email,last_name\n\"; a@b.co, c@d.co\",A\n", []sync.ImportRow{row(2, "a@b.co", "A")}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, read(t, test.file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func repeated(line, n int, row func(int, string, string) sync.ImportRow) []sync.ImportRow {
	var rows []sync.ImportRow
	for i := range n {
		rows = append(rows, row(line+i, "c@d.co", "C"))
	}
	return rows
}

func TestUTF16(t *testing.T) {
	text := utf16.Encode([]rune("email\tlast_name\r\na@b.co\tZoë 😀\r\n"))
	for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		data := order.AppendUint16(nil, 0xfeff)
		for _, unit := range text {
			data = order.AppendUint16(data, unit)
		}
		rows := read(t, string(data))
		if len(rows) != 1 || rows[0].Values[contact.LastName] != "Zoë 😀" {
			t.Errorf("%s endian: %+v", name, rows)
		}
	}
}

func TestFilesThatAreNotContacts(t *testing.T) {
	for name, file := range map[string]string{
		"empty":           "",
		"blank":           "\ufeff\r\n\r\n",
		"no known column": "colour,size\nred,3\n",
		"no header":       "Ada,Lovelace,ada@example.com\n",
		"binary":          "PK\x03\x04\x00\x00email",
		"broken header":   "\"email,last_name\na@b.co,A\n",
	} {
		_, err := Parse([]byte(file))
		if classified := fault.As(err); classified == nil || classified.Kind != fault.Invalid || classified.Fields["header"] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRowsCanBeReadAgainAndLeft(t *testing.T) {
	file, err := Parse([]byte("email\na@b.co\nc@d.co\n"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var lines []int
		for row, err := range file.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, row.Line)
			break
		}
		if !slices.Equal(lines, []int{2}) {
			t.Errorf("lines %v", lines)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"email,last_name\na@b.co,\"A\n\"\n", "sep=;\n", "email\r\r\n\"\"\"", "name\n\"a\"b\nc"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		last := 1
		if err := inOrder(file, &last); err != nil {
			t.Fatal(err)
		}
		if lines := lines(string(data)) + 1; file.rest.comma != 0 && last > lines && !strings.HasPrefix(string(data), "\xff\xfe") && !strings.HasPrefix(string(data), "\xfe\xff") {
			t.Fatalf("line %d of %d", last, lines)
		}
	})
}

func inOrder(file *File, last *int) error {
	for row, err := range file.Rows() {
		switch {
		case err != nil:
			return err
		case row.Line <= *last:
			return fmt.Errorf("line %d after line %d", row.Line, *last)
		case row.Problem == "" && len(row.Values) > len(contact.Standard):
			return errors.New("values of unknown fields")
		}
		*last = row.Line
	}
	return nil
}
