package main

// matchRules are those of finding the contact of a record.
var matchRules = []rule{
	{name: "match: the key comes before the address", file: "match.go", tests: "Test.*",
		old: `case r.KeyOwner != nil && !r.KeyOwner.Taken:`, new: `case false:`},
	{name: "match: an address that several records have is left to a person", file: "match.go", tests: "Test.*",
		old: `case len(r.Rivals) > 0:`, new: `case false && len(r.Rivals) > 0:`},
	{name: "match: an address that several contacts have is left to a person", file: "match.go", tests: "Test.*",
		old: `case len(owners) > 1:`, new: `case false:`},
	{name: "match: a contact that has a record takes no second one", file: "match.go", tests: "Test.*",
		old: `case owners[0].Taken:`, new: `case false:`},
	{name: "match: a deleted record makes nothing", file: "match.go", tests: "Test.*",
		old: `case r.Ended && r.Restores == nil:`, new: `case false:`},
	{name: "match: an erased record makes nothing", file: "match.go", tests: "Test.*",
		old: `case r.Erased:`, new: `case false:`},
	{name: "match: a second record that nobody touched is removed", file: "match.go", tests: "Test.*",
		old: `case r.KeyOwner != nil && r.Copy:`, new: `case false:`},
	{name: "match: a second record is left to a person", file: "match.go", tests: "Test.*",
		old: `case r.KeyOwner != nil:
		return`, new: `case false:
		return`},
}

// linkRules are those of linking and creating.
var linkRules = []rule{
	{name: "create: the intent is recorded before anything is sent", file: "decide.go", tests: "TestACreateOfUnknownOutcome|TestARunThatIsCutOff|TestSimulation$",
		old: `	l.Intents = []Intent{intent}
`, new: ``},
	{name: "create: one that may have happened is looked up by its key", file: "decide.go", tests: "TestACreateThatHappened",
		old: `p.planCreate(it, ch, l, values, now, sent)`, new: `p.planCreate(it, ch, l, values, now, sent && false)`},
	{name: "create: one that may happen is waited for", file: "decide.go", tests: "TestACreateThatHappened",
		old: `if sent && !ch.limits.CreateOnce && now.Before(l.Intents[i].At.Add(ch.limits.Timeout)) {`, new: `if false {`},
	{name: "create: what is there already is adopted", file: "acknowledge.go", tests: "TestARecordThatIsThereAlready",
		old: `l.ExternalID, l.Shadow = u.foundID(), nil // adopted; read and merged next`, new: ``},
	{name: "create: an answer that another instance overtook changes nothing", file: "acknowledge.go", tests: "TestTheAnswerOfACreate",
		old: `if u.intent.Op == OpCreate && l.ExternalID != "" {`, new: `if false {`},
	{name: "create: nothing is made before the account was listed", file: "decide.go", tests: "TestNothingIsMade",
		old: `case l == nil && ch.listed:`, new: `case l == nil:`},
	{name: "update: one that another record is in the way of goes to review", file: "acknowledge.go", tests: "TestAnUpdateThatAnotherRecord",
		old: `case kind == fault.Conflict && u.intent.Op == OpUpdate:`, new: `case false:`},
	{name: "update: a refused value is not sent again", file: "decide.go", tests: "TestAValueTheCRMRefuses",
		old: `return ok && refused == v`, new: `return false && ok && refused == v`},
	{name: "acknowledge: the shadow is what was confirmed", file: "acknowledge.go", tests: "TestTheFormInWhich",
		old: `if got, ok := u.result.Record.Fields[f]; ok {`, new: `if got, ok := u.result.Record.Fields[f]; ok && false {`},
	{name: "acknowledge: a document that was changed meanwhile stays due", file: "acknowledge.go", tests: "TestAnEditDuringAWrite",
		old: `again := changedMeanwhile || it.again`, new: `again := it.again`},
	{name: "apply: who lost a compare-and-set decides again", file: "apply.go", tests: "TestADecisionThatAnEdit",
		old: `			stale = append(stale, it)
		case SaveLinkTaken:`, new: `		case SaveLinkTaken:`},
	{name: "join: records with one key are one contact's", file: "pair.go", tests: "Test.*",
		old: `if c := m.byID[x.record.Key]; c != nil && x.record.Key != "" {`, new: `if c := m.byID[x.record.Key]; false {`},
	{name: "join: records of several accounts find each other by address", file: "pair.go", tests: "TestFirstSyncJoins|TestSimulation$",
		old: `case row.ConnectionID != conn && row.ContactID != "" && row.Review == "":`, new: `case false:`},
	{name: "copies: what was touched is kept", file: "copies.go", tests: "TestTheTouchedOne|TestACopyThatAPerson",
		old: `return slices.Contains(l.Sent, sum) || slices`, new: `return true || slices`},
}

// deleteRules are those of deletions, merges and erasure.
var deleteRules = []rule{
	{name: "delete: a record that is not found is missing at first", file: "deletion.go", tests: "TestDeletions|TestAMerge|TestSimulation$",
		old: `if l.State != LinkMissing || l.MissingSince.IsZero() {`, new: `if l.State == LinkActive {
			l.State, l.MissingSince = LinkMissing, now.Add(-DeleteGrace)
		}
		if false {`},
	{name: "delete: the grace is waited for", file: "brake.go", tests: "Test.*",
		old: ` && !now.Before(l.graceEnds())`, new: ``},
	{name: "delete: a change beats a deletion in a CRM", file: "deletion.go", tests: "TestAChangeBeats|TestAFirstValue",
		old: `what := p.newerThan(it, l)`, new: `what := ""`},
	{name: "delete: a change beats a deletion in the app", file: "deletion.go", tests: "TestAChangeInACRMBeats",
		old: `		if f == "" {
			continue
		}
		p.bringBack`, new: `		if true {
			continue
		}
		p.bringBack`},
	{name: "delete: the policy says what follows", file: "deletion.go", tests: "TestADeletionInACRM",
		old: `case policy == UnlinkDeleted:`, new: `case false:`},
	{name: "delete: records that were kept are made again", file: "deletion.go", tests: "TestADeletionInACRM",
		old: `l.State = linkAnew`, new: ``},
	{name: "delete: the app's deletion follows the policy", file: "deletion.go", tests: "TestADeletionInTheApp",
		old: `case p.choices.deletePolicy != PropagateDeletes:`, new: `case false:`},
	{name: "delete: tombstones are put first", file: "apply.go", tests: "Test.*",
		old: `if len(stones) > 0 {`, new: `if false && len(stones) > 0 {`},
	{name: "delete: the record of an unacknowledged create is looked for", file: "deletion.go", tests: "TestTheRecordOfAContact",
		old: `case l.ExternalID == "" && len(l.Intents) > 0:`, new: `case false:`},
	{name: "brake: many deletions are held", file: "brake.go", tests: "TestTheBrake",
		old: `if n <= max(limits.Least, linked*limits.Share/100) || `, new: `if limits.Least >= 0 || `},
	{name: "brake: what is held is not followed", file: "deletion.go", tests: "TestTheBrake",
		old: `if !l.confirmable(now) || p.channel(l.ConnectionID).conn.Brake.Held() {`, new: `if !l.confirmable(now) {`},
	{name: "brake: a listing of under half is not believed", file: "brake.go", tests: "TestAListingOfUnderHalf",
		old: `listed*2 >= linked`, new: `true`},
	{name: "merge of records: the link follows", file: "merging.go", tests: "TestAMerge",
		old: `	l.ExternalID = r.ID
`, new: ``},
	{name: "merge of records: blanks are filled", file: "merging.go", tests: "TestAMergeKeeps",
		old: `if v.V != "" && it.next.Fields[f].V == "" {`, new: `if false {`},
	{name: "merge of records: other records are detached and kept from coming back", file: "merging.go", tests: "TestAMerge|TestSimulation$",
		old: `			it.stones = append(it.stones, Tombstone{ConnectionID: l.ConnectionID, ExternalID: l.ExternalID,
				ContactID: c.ID, Reason: stoneMerged`, new: `			_ = append(it.stones, Tombstone{ConnectionID: l.ConnectionID, ExternalID: l.ExternalID,
				ContactID: c.ID, Reason: stoneMerged`},
	{name: "merge of records: a survivor that only an event names is read", file: "survivors.go", tests: "TestAMergeInPipedrive",
		old: `ch.reads[id] = r
`, new: `_ = r
`},
	{name: "merge of records: a living contact keeps the record", file: "merging.go", tests: "TestAMergeOf",
		old: `return it.next.Lifecycle != Active })`, new: `return false })`},
	{name: "restore: a record that is there again undoes the deletion", file: "match/match.go", tests: "TestARecordRestored",
		old: `case r.Ended && !r.Restores.Taken:`, new: `case false:`},
}
