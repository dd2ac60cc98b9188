package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// The tests of this file run the test program again as other processes. The
// variable names what such a process does, to which file.
const roleVariable = "SQLITE_TEST_ROLE"

func TestMain(m *testing.M) {
	role, path, ok := strings.Cut(os.Getenv(roleVariable), ":")
	if !ok {
		os.Exit(m.Run())
	}
	s, err := Open(context.Background(), path)
	if err == nil {
		err = map[string]func(*Store) error{"save": saveForever, "claim": claimAll}[role](s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// start runs this program in a role and returns its output.
func start(t *testing.T, role, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program)
	command.Env = append(os.Environ(), roleVariable+"="+role+":"+path)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command, bufio.NewScanner(out)
}

// saveForever saves batches of new contacts, and the first contact again with each
// of them, and says after each how many batches are saved.
func saveForever(s *Store) error {
	first := benchContact(0)
	for n := 0; ; n++ {
		if err := saveAll(s, append(benchContacts(1+n*20, 20), first)); err != nil {
			return err
		}
		fmt.Println(n + 1)
	}
}

// TestKilled kills a process in the middle of its work: what it was told to be
// saved is there, and nothing is there by halves.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contacts.db")
	for round := range 3 {
		if round > 0 {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(path + "-wal")
			_ = os.Remove(path + "-shm")
		}
		child, out := start(t, "save", path)
		confirmed := 0
		for out.Scan() {
			if confirmed++; confirmed == 15+round {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := child.Wait(); err == nil || confirmed < 15+round {
			t.Fatalf("the process ended by itself after %d batches: %v", confirmed, err)
		}

		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		checkWhole(t, s, confirmed)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkWhole holds that the database has at least so many batches of saveForever,
// each whole, and that what is derived from the contacts fits them.
func checkWhole(t *testing.T, s *Store, batches int) {
	t.Helper()
	all, err := s.ScanContacts(t.Context(), benchCustomer, "", 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	rev := int(all[0].Rev)
	if rev < batches || rev > batches+1 || len(all) != 1+20*rev {
		t.Errorf("%d contacts after %d saves of the first, %d were confirmed", len(all), rev, batches)
	}
	counts, err := s.CountContacts(t.Context(), benchCustomer)
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.SearchContacts(t.Context(), benchCustomer, sync.ContactQuery{Terms: []string{"surname"}})
	if err != nil {
		t.Fatal(err)
	}
	if counts.Total != len(all) || counts.Links["hubspot"].Linked != len(all) || page.Total != len(all) {
		t.Errorf("%d contacts, %d counted, %d linked, %d found", len(all), counts.Total, counts.Links["hubspot"].Linked, page.Total)
	}
	var damage string
	err = s.read(t.Context(), "check", func(c *conn) (err error) {
		damage, err = value[string](t.Context(), c, `PRAGMA integrity_check`)
		return err
	})
	if err != nil || damage != "ok" {
		t.Errorf("integrity: %s (%v)", damage, err)
	}
}

var claimTime = benchStart.Add(time.Hour)

// claimAll claims contacts until none is left, saves them as done and names them.
func claimAll(s *Store) error {
	ctx := context.Background()
	for {
		found, err := s.ClaimContacts(ctx, benchCustomer, sync.Claim{Now: claimTime, Until: claimTime.Add(time.Minute), Limit: 7})
		if err != nil || len(found) == 0 {
			return err
		}
		for _, c := range found {
			c.Due = nil
			fmt.Println(c.ID)
		}
		outcomes, err := s.SaveContacts(ctx, benchCustomer, found)
		if err != nil {
			return err
		}
		for i, outcome := range outcomes {
			if outcome != sync.Saved {
				return fmt.Errorf("contact %s: outcome %d", found[i].ID, outcome)
			}
		}
	}
}

// TestProcesses has several processes claim from one file.
func TestProcesses(t *testing.T) {
	s, path := openFile(t)
	contacts := benchContacts(0, 400)
	for _, c := range contacts {
		c.Due = &sync.Due{At: c.CreatedAt}
	}
	if err := saveAll(s, contacts); err != nil {
		t.Fatal(err)
	}
	const processes = 3
	var children [processes]*exec.Cmd
	var outputs [processes]*bufio.Scanner
	for i := range processes {
		children[i], outputs[i] = start(t, "claim", path)
	}
	times := map[contact.ID]int{}
	for i, out := range outputs {
		for out.Scan() {
			times[contact.ID(out.Text())]++
		}
		if err := children[i].Wait(); err != nil {
			t.Error(err)
		}
	}
	if len(times) != len(contacts) {
		t.Errorf("%d contacts were claimed, want %d", len(times), len(contacts))
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("contact %s was claimed by %d", id, n)
		}
	}
	counts, err := s.CountContacts(t.Context(), benchCustomer)
	if err != nil || counts.Due != 0 {
		t.Errorf("%d contacts are due (%v), want none", counts.Due, err)
	}
}
