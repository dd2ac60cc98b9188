package sync_test

import (
	"net/http"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// model keeps what every user entered, where and when, and every value that any side
// ever had.
type model struct{}

func newModel() *model { return &model{} }

func (m *model) saved(*simulation, []*sync.Contact, []sync.SaveOutcome)         {}
func (m *model) answered(wire, *http.Request, int)                              {}
func (m *model) createdRemotely(*simulation, *tenant, contact.Provider, string) {}
func (m *model) editedRemotely(*simulation, *tenant, contact.Provider, kit.Row, contact.Field, string) {
}
func (m *model) deletedRemotely(*simulation, *tenant, contact.Provider, kit.Row)               {}
func (m *model) restoredRemotely(*simulation, *tenant, contact.Provider, string)               {}
func (m *model) mergedRemotely(*simulation, *tenant, contact.Provider, string, string, string) {}
