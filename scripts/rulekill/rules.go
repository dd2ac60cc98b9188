package main

import "slices"

// rules lists every rule, in the order in which a change travels.
func rules() []rule {
	return slices.Concat(
		in("pkg/sync/reconcile", mergeRules), in("pkg/sync", writeRules),
		in("pkg/sync/match", matchRules), in("pkg/sync", linkRules), in("pkg/sync", deleteRules),
	)
}

// in completes rules whose tests are in one package.
func in(pkg string, list []rule) []rule {
	list = slices.Clone(list)
	for i := range list {
		list[i].pkg = pkg
		list[i].file = pkg + "/" + list[i].file
	}
	return list
}

// mergeRules are those of the three-way merge.
var mergeRules = []rule{
	{name: "merge: a field that is undefined on a side is not blank there", file: "reconcile.go", tests: "TestMerge",
		old: `s.remote, s.defined = l.Remote[m.field]`, new: `s.remote, s.defined = l.Remote[m.field], true`},
	{name: "merge: the shadow of a field that disappeared is dropped", file: "reconcile.go", tests: "TestMerge",
		old: `case !s.defined && s.agreed:`, new: `case false:`},
	{name: "merge: a remote value that is the agreed one is no change", file: "reconcile.go", tests: "TestMerge",
		old: `s.changed = !m.equal(s.remote, s.shadow.R)`, new: `s.changed = true`},
	{name: "merge: what the app holds is compared with the app's column of the shadow", file: "reconcile.go", tests: "TestGolden",
		old: `s.hubNews = !m.equal(m.hub.V, s.shadow.H)`, new: `s.hubNews = !m.equal(m.hub.V, s.shadow.R)`},
	{name: "merge: the remote value is compared with the remote column of the shadow", file: "reconcile.go", tests: "TestMerge",
		old: `s.changed = !m.equal(s.remote, s.shadow.R)`, new: `s.changed = !m.equal(s.remote, s.shadow.H)`},
	{name: "merge: our own write that arrived is no change", file: "reconcile.go", tests: "TestMerge",
		old: `if s.changed && m.among(l.Ours[m.field], s.remote) {`, new: `if false {`},
	{name: "merge: a read that may be too old decides nothing", file: "reconcile.go", tests: "TestMerge",
		old: `} else if s.changed && m.among(l.Replaced[m.field], s.remote) {`, new: `} else if false {`},
	{name: "merge: a blank never clears at first match", file: "reconcile.go", tests: "TestMerge",
		old: `s.changed = m.canon(s.remote) != ""`, new: `s.changed = true`},
	{name: "merge: values that mean the same agree", file: "reconcile.go", tests: "TestMerge",
		old: `case m.equal(m.won.V, s.remote):`, new: `case false:`},
	{name: "merge: the form a CRM gave a value is left", file: "reconcile.go", tests: "TestMerge",
		old: `case s.agreed && m.equal(m.won.V, s.shadow.H) && m.equal(s.remote, s.shadow.R):`, new: `case false:`},
	{name: "merge: values are compared by meaning", file: "reconcile.go", tests: "TestEmails|TestMerge",
		old: `return m.Canonical.Equal(m.field, a, b)`, new: `return a == b`},
	{name: "merge: several different changes are a conflict", file: "reconcile.go", tests: "TestMerge",
		old: `if slices.ContainsFunc(contenders, differs) {`, new: `if slices.ContainsFunc(contenders[:0], differs) {`},
	{name: "merge: the app's value contends unless who changed it had agreed to it", file: "reconcile.go", tests: "TestMerge",
		old: `hubContends = hubContends && s.hubNews`, new: `hubContends = false`},
	{name: "merge: a value that was seen does not contend", file: "reconcile.go", tests: "TestMerge",
		old: `hubContends = hubContends && s.hubNews`, new: ``},
	{name: "merge: the app's value keeps the rank of its source", file: "reconcile.go", tests: "TestMerge",
		old: `Source: cmp.Or(m.hub.Src, contact.App), Value: m.hub.V`, new: `Source: contact.App, Value: m.hub.V`},
	{name: "merge: an edit replaced unseen contends", file: "reconcile.go", tests: "TestMerge",
		old: `if lost, ok := l.Lost[m.field]; ok && s.direction.Receives() {`, new: `if lost, ok := l.Lost[m.field]; ok && false {`},
	{name: "merge: manual holds the field", file: "reconcile.go", tests: "TestMerge",
		old: `if m.held = policy == Manual; m.held {`, new: `if m.held {`},
	{name: "merge: a held field is not touched", file: "reconcile.go", tests: "TestAHeldField",
		old: `held: in.Held[f]}`, new: `held: false}`},
	{name: "merge: a field that is not read stays out", file: "reconcile.go", tests: "TestMerge",
		old: `if !s.direction.Receives() {`, new: `if false {`},
	{name: "merge: a field that is not sent stays here", file: "reconcile.go", tests: "TestMerge",
		old: `case !s.direction.Sends():`, new: `case false:`},
	{name: "merge: a blank of the app clears nothing that is only sent", file: "reconcile.go", tests: "TestMerge",
		old: `case !s.direction.Receives() && (s.agreed`, new: `case false && (s.agreed`},
	{name: "policy: a CRM outranks the app", file: "policy.go", tests: "TestMerge",
		old: `		return len(order) + 2`, new: `		return 0`},
	{name: "policy: app_wins puts the app first", file: "policy.go", tests: "TestMerge",
		old: `if p == AppWins {`, new: `if false {`},
	{name: "policy: latest_wins compares times first", file: "policy.go", tests: "TestMerge",
		old: `if p == LatestWins {`, new: `if false {`},
	{name: "policy: source:<provider> puts that provider first", file: "policy.go", tests: "TestMerge",
		old: `if provider, ok := p.Provider(); ok && s == provider.Source() {`, new: `if false {`},
	{name: "policy: the CRMs have an order", file: "policy.go", tests: "TestMerge",
		old: `return i + 1`, new: `return 1 - i`},
	{name: "policy: of one rank the later change stands", file: "policy.go", tests: "TestMerge",
		old: `byTime := b.At.Compare(a.At)`, new: `byTime := a.At.Compare(b.At)`},
	{name: "policy: equals are ordered by what they are", file: "policy.go", tests: "TestGolden|TestTheOrder",
		old: `return cmp.Or(byRank, byTime, cmp.Compare(a.Source, b.Source), cmp.Compare(a.Value, b.Value))`, new: `return cmp.Or(byTime)`},
}
