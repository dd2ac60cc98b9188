package reconcile_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

const field = contact.LastName

// link builds one side's state in the words of the tables.
type link struct {
	shadow    *reconcile.Shadow
	remote    *string
	ours      []string
	replaced  []string
	lost      *reconcile.Lost
	direction reconcile.Direction
}

// agreed is a link whose sides agreed on h and r, and where r still stands.
func agreed(h, r string) *link { return &link{shadow: &reconcile.Shadow{H: h, R: r}, remote: &r} }

// fresh is a link that never agreed on anything, holding r.
func fresh(r string) *link { return &link{remote: &r} }

func (l *link) now(r string) *link      { l.remote = &r; return l }
func (l *link) undefined() *link        { l.remote = nil; return l }
func (l *link) wrote(v ...string) *link { l.ours = v; return l }
func (l *link) over(v ...string) *link  { l.replaced = v; return l }
func (l *link) hid(v, base string) *link {
	l.lost = &reconcile.Lost{Value: v, At: noon, Base: base}
	return l
}
func (l *link) only(direction reconcile.Direction) *link { l.direction = direction; return l }

func (l *link) as(p contact.Provider) reconcile.Link {
	out := reconcile.Link{Provider: p, Remote: contact.Values{}, RemoteAt: noon,
		Directions: map[contact.Field]reconcile.Direction{field: l.direction}}
	if l.shadow != nil {
		out.Shadow = map[contact.Field]reconcile.Shadow{field: *l.shadow}
	}
	if l.remote != nil {
		out.Remote[field] = *l.remote
	}
	if l.ours != nil {
		out.Ours = map[contact.Field][]string{field: l.ours}
	}
	if l.replaced != nil {
		out.Replaced = map[contact.Field][]string{field: l.replaced}
	}
	if l.lost != nil {
		out.Lost = map[contact.Field]reconcile.Lost{field: *l.lost}
	}
	return out
}

func input(hub string, src contact.Source, at time.Time, policy reconcile.Policy, hubspot, pipedrive *link) reconcile.Input {
	if src == "" {
		src = contact.App
	}
	in := reconcile.Input{
		Hub:   map[contact.Field]reconcile.Value{field: {V: hub, Src: src, At: at}},
		Rules: reconcile.Rules{Default: policy},
	}
	if hubspot != nil {
		in.Links = append(in.Links, hubspot.as(contact.HubSpot))
	}
	if pipedrive != nil {
		in.Links = append(in.Links, pipedrive.as(contact.Pipedrive))
	}
	return in
}

// result is a plan for the one field, in words.
type result struct {
	hub, hubspot, pipedrive, conflict string
}

func describe(in reconcile.Input, plan reconcile.Plan) result {
	r := result{hub: in.Hub[field].V}
	if v, ok := plan.Hub[field]; ok {
		r.hub = v.V
	}
	for i, l := range in.Links {
		d, ok := plan.Links[i][field]
		if !ok {
			continue
		}
		text := d.Kind.String()
		switch d.Kind {
		case reconcile.Agree:
			text += " " + d.Shadow.H + "/" + d.Shadow.R
		case reconcile.Write:
			text += " " + d.Shadow.H + " over " + d.Shadow.R
		}
		if l.Provider == contact.HubSpot {
			r.hubspot = text
		} else {
			r.pipedrive = text
		}
	}
	for _, c := range plan.Conflicts {
		var values []string
		for _, v := range c.Values {
			values = append(values, fmt.Sprintf("%s %s", v.Source, v.Value))
		}
		r.conflict = strings.Join(values, ", ") + "; base " + c.Base
	}
	return r
}
