package sync

import (
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// Settings are one customer's choices. The zero value holds the defaults of the
// deployment.
type Settings struct {
	Rev int64 `json:"rev"`
	// Policy decides conflicts; "" is the deployment's.
	Policy reconcile.Policy `json:"policy,omitempty"`
	// Region is the default country of phone numbers; "" is the deployment's.
	Region string `json:"region,omitempty"`
	// Fields holds what differs from the defaults, by field.
	Fields map[contact.Field]FieldSettings `json:"fields,omitempty"`
}

// FieldSettings are the choices for one field. Fields that are not standard exist
// because they are listed here.
type FieldSettings struct {
	Label   string                              `json:"label,omitempty"`  // of a custom field
	Policy  reconcile.Policy                    `json:"policy,omitempty"` // "" is the customer's
	Remotes map[contact.Provider]RemoteSettings `json:"remotes,omitempty"`
}

// RemoteSettings say where a field is found in a CRM and which way it goes.
type RemoteSettings struct {
	// Remote is the remote field's name; "" is the default one. For a custom field
	// without a default, "" leaves the CRM out.
	Remote    string              `json:"remote,omitempty"`
	Direction reconcile.Direction `json:"direction,omitempty"`
}
