package mongo

import (
	"encoding/json"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// contactDoc is how a contact is stored: the document of package sync, and beside
// it what it is found by. The keys are derived anew with every save; a claim, or
// making a contact due, changes none of them.
type contactDoc struct {
	Key          string `bson:"_id"`
	sync.Contact `bson:",inline"`
	Keys         contactKeys `bson:"keys"`
	// Writes are the tokens of the latest saves, the last one at the end. They tell a
	// caller whether its own save is among them, which a count of writes does not.
	Writes []string `bson:"writes"`
	// Claim is the token of the claim that holds the lease.
	Claim string `bson:"claim,omitempty"`
}

// contactKeys are the lookup keys of a contact.
type contactKeys struct {
	Email     string             `bson:"email"` // canonical
	Name      string             `bson:"name"`  // folded
	Words     []string           `bson:"words"`
	Providers []contact.Provider `bson:"syncedToCRMs"`
	Records   []string           `bson:"records"` // keys of the links it holds
	Tally     string             `bson:"tally"`   // see tally
}

// writesKept is how many saves of a contact one caller may fall behind between its
// own save and looking whether it counted.
const writesKept = 8

// contactHead is what a save has to know of the stored contact.
type contactHead struct {
	Key   string `bson:"_id"`
	Rev   int64  `bson:"rev"`
	Fence int64  `bson:"fence"`
	Keys  struct {
		Records []string `bson:"records"`
	} `bson:"keys"`
	Writes []string `bson:"writes"`
}

var headFields = []string{"rev", "fence", "keys.records", "writes"}

func (h *contactHead) holds(record string) bool {
	return h != nil && slices.Contains(h.Keys.Records, record)
}

// newContactKeys derives the keys of a contact.
func newContactKeys(c *sync.Contact) contactKeys {
	index := c.Index()
	k := contactKeys{
		Email: index.Email, Name: index.Name, Providers: index.Providers, Tally: newTally(c).text(),
		Words: make([]string, len(index.Words)), Records: make([]string, 0, len(index.Links)),
	}
	for i, word := range index.Words {
		k.Words[i] = searchable(word)
	}
	for _, l := range index.Links {
		if record := linkKey(c.CustomerID, l.ConnectionID, l.ExternalID); !slices.Contains(k.Records, record) {
			k.Records = append(k.Records, record)
		}
	}
	return k
}

// searchable is text without the one character that a pattern cannot hold.
func searchable(text string) string { return strings.ReplaceAll(text, "\x00", "") }

// linkKey names a remote record.
func linkKey(customer contact.CustomerID, connection contact.ConnectionID, external contact.ExternalID) string {
	return keysOf(customer).under(string(connection)).of(string(external))
}

// tally is what a contact adds to the counts. Many contacts have the same, so the
// server only has to count how many have each.
type tally struct {
	Lifecycle sync.Lifecycle `json:"lifecycle"`
	Status    sync.Status    `json:"status"`
	Links     []linkTally    `json:"links,omitempty"` // by connection
}

type linkTally struct {
	Connection contact.ConnectionID `json:"connection"`
	Linked     int                  `json:"linked,omitempty"`
	Pending    int                  `json:"pending,omitempty"`
	Errors     int                  `json:"errors,omitempty"`
}

func newTally(c *sync.Contact) tally {
	t := tally{Lifecycle: c.Lifecycle, Status: c.Status}
	for i := range c.Links {
		if l := &c.Links[i]; l.State != sync.LinkDetached {
			t.add(l)
		}
	}
	slices.SortFunc(t.Links, func(a, b linkTally) int { return strings.Compare(string(a.Connection), string(b.Connection)) })
	return t
}

// add counts a link that lives.
func (t *tally) add(l *sync.Link) {
	i := slices.IndexFunc(t.Links, func(n linkTally) bool { return n.Connection == l.ConnectionID })
	if i < 0 {
		i = len(t.Links)
		t.Links = append(t.Links, linkTally{Connection: l.ConnectionID})
	}
	n := &t.Links[i]
	if l.ExternalID != "" {
		n.Linked++
	}
	if l.Waiting() {
		n.Pending++
	}
	if l.Failing() {
		n.Errors++
	}
}

func (t tally) text() string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // texts and numbers always encode
	}
	return string(text)
}

// contactsOf takes the contacts out of their documents.
func contactsOf(docs []contactDoc, err error) ([]*sync.Contact, error) {
	found := make([]*sync.Contact, len(docs))
	for i := range docs {
		found[i] = &docs[i].Contact
	}
	return found, err
}

// contactIDs is the condition that a contact is one of ids.
func contactIDs(customer contact.CustomerID, ids []contact.ID) bson.E {
	return in("_id", ofAll(keysOf(customer), ids))
}
