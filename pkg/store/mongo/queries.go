package mongo

// query names a way in which a collection is read or written, and the index that
// serves it. The server shows the name in its profiler and its logs.
type query struct {
	name       string
	collection string
	index      string
	// sorts tells that the server puts what it found in order: it is little, or what
	// finds it has another order.
	sorts bool
}

var (
	schemaByKey = query{name: "schema", collection: schema, index: primary}

	contactsByID     = query{name: "contacts by id", collection: contacts, index: primary}
	contactsAbove    = query{name: "contacts above an id", collection: contacts, index: primary}
	contactsByRecord = query{name: "contacts by record", collection: contacts, index: "by_record"}
	contactsByEmail  = query{name: "contacts by e-mail", collection: contacts, index: "by_email"}
	contactHeads     = query{name: "heads of contacts", collection: contacts, index: primary}
	saveContacts     = query{name: "save contacts", collection: contacts, index: primary}
	savedContacts    = query{name: "saved contacts", collection: contacts, index: primary}
	markDue          = query{name: "mark contacts due", collection: contacts, index: primary}
	hurryContacts    = query{name: "hurry contacts", collection: contacts, index: "by_due"}
	dueContacts      = query{name: "due contacts", collection: contacts, index: "by_due"}
	namedContacts    = query{name: "free contacts of ids", collection: contacts, index: primary, sorts: true}
	claimContacts    = query{name: "claim contacts", collection: contacts, index: primary}
	claimedContacts  = query{name: "claimed contacts", collection: contacts, index: primary}
	countContacts    = query{name: "tally of contacts", collection: contacts, index: "by_tally"}
	countDue         = query{name: "number of due contacts", collection: contacts, index: "by_due"}
	nextDue          = query{name: "next due contact", collection: contacts, index: "by_due"}
	leasedBefore     = query{name: "leased contacts due before", collection: contacts, index: "by_due"}
	contactsByWord   = query{name: "contacts by word", collection: contacts, index: "by_word", sorts: true}
	// The contact list without terms, by its order.
	contactsByName    = query{name: "contacts by name", collection: contacts, index: "by_name"}
	contactsByAddress = query{name: "contacts by address", collection: contacts, index: "by_email"}
	contactsByUpdate  = query{name: "contacts by update", collection: contacts, index: "by_updated"}
	contactsByStart   = query{name: "contacts by creation", collection: contacts, index: "by_created"}
	contactsByStatus  = query{name: "contacts by status", collection: contacts, index: "by_status"}

	reserveLinks = query{name: "reserve links", collection: links, index: primary}
	linksByKey   = query{name: "links by key", collection: links, index: primary}
	contestLinks = query{name: "take links over", collection: links, index: primary}
	releaseLinks = query{name: "release links", collection: links, index: primary}

	putHints      = query{name: "put hints", collection: hints, index: primary}
	dueHints      = query{name: "due hints", collection: hints, index: "by_due"}
	claimHints    = query{name: "claim hints", collection: hints, index: primary}
	claimedHints  = query{name: "claimed hints", collection: hints, index: primary}
	dropHints     = query{name: "drop hints", collection: hints, index: primary}
	countHints    = query{name: "number of hints", collection: hints, index: "by_due"}
	nextHint      = query{name: "next hint", collection: hints, index: "by_due"}
	leasedHints   = query{name: "leased hints due before", collection: hints, index: "by_due"}
	putStaged     = query{name: "put staged rows", collection: staged, index: primary}
	stagedAbove   = query{name: "staged rows above an id", collection: staged, index: primary}
	stagedByEmail = query{name: "staged rows by e-mail", collection: staged, index: "by_email"}
	stagedBy      = query{name: "staged rows by contact", collection: staged, index: "by_contact"}
	stagedNew     = query{name: "staged new contacts", collection: staged, index: "by_contact"}
	dropStaged    = query{name: "drop staged rows", collection: staged, index: primary}

	putTombstones   = query{name: "put tombstones", collection: tombstones, index: primary}
	tombstonesByKey = query{name: "tombstones by key", collection: tombstones, index: primary}
	dropTombstones  = query{name: "drop tombstones", collection: tombstones, index: primary}

	gateByKey     = query{name: "run gate", collection: gates, index: primary}
	passGate      = query{name: "pass the run gate", collection: gates, index: primary}
	runsRunning   = query{name: "running runs", collection: runs, index: "by_state"}
	runsPartial   = query{name: "partial runs", collection: runs, index: "by_state"}
	closeRuns     = query{name: "close interrupted runs", collection: runs, index: primary}
	startRun      = query{name: "start a run", collection: runs, index: primary}
	saveRun       = query{name: "save a run", collection: runs, index: primary}
	runByID       = query{name: "run by id", collection: runs, index: primary}
	latestRunning = query{name: "latest running run", collection: runs, index: "by_state"}
	latestRun     = query{name: "latest run", collection: runs, index: "by_start"}

	appendActivity    = query{name: "append activity", collection: activity, index: primary}
	activityByTime    = query{name: "activity by time", collection: activity, index: "by_time"}
	activityByContact = query{name: "activity of a contact", collection: activity, index: "by_contact"}
	activityByRun     = query{name: "activity of a run", collection: activity, index: "by_run"}
	activityByLevel   = query{name: "activity of a level", collection: activity, index: "by_level"}

	appendConflicts    = query{name: "append conflicts", collection: conflicts, index: primary}
	conflictByID       = query{name: "conflict by id", collection: conflicts, index: primary}
	saveConflict       = query{name: "save a conflict", collection: conflicts, index: primary}
	conflictsByTime    = query{name: "conflicts by time", collection: conflicts, index: "by_time"}
	conflictsByContact = query{name: "conflicts of a contact", collection: conflicts, index: "by_contact"}
	conflictsByRun     = query{name: "conflicts of a run", collection: conflicts, index: "by_run"}

	appendChanges    = query{name: "append changes", collection: changes, index: primary}
	changeByID       = query{name: "change by id", collection: changes, index: primary}
	saveChanges      = query{name: "save changes", collection: changes, index: primary}
	changesByTime    = query{name: "changes by time", collection: changes, index: "by_time"}
	changesByContact = query{name: "changes of a contact", collection: changes, index: "by_contact"}
	changesByRun     = query{name: "changes of a run", collection: changes, index: "by_run"}

	pruneActivity  = query{name: "prune activity", collection: activity, index: "by_time"}
	pruneConflicts = query{name: "prune conflicts", collection: conflicts, index: "by_time"}
	pruneChanges   = query{name: "prune changes", collection: changes, index: "by_time"}
	pruneRuns      = query{name: "prune runs", collection: runs, index: "by_state"}

	forgetActivity  = query{name: "forget activity", collection: activity, index: "by_contact"}
	forgetConflicts = query{name: "forget conflicts", collection: conflicts, index: "by_contact"}
	forgetChanges   = query{name: "forget changes", collection: changes, index: "by_contact"}

	putReviews    = query{name: "put reviews", collection: reviews, index: primary}
	reviewsByTime = query{name: "reviews by time", collection: reviews, index: "by_time"}
	dropReviews   = query{name: "drop reviews", collection: reviews, index: primary}

	saveConnection       = query{name: "save a connection", collection: connections, index: primary}
	connectionsOf        = query{name: "connections of a customer", collection: connections, index: "by_customer"}
	connectionsByAccount = query{name: "connections by account", collection: connections, index: "by_account"}
	// allCustomers is of everything there is; its index holds all it needs.
	allCustomers = query{name: "customers", collection: connections, index: "by_customer"}

	settingsByKey = query{name: "settings", collection: settings, index: primary}
	saveSettings  = query{name: "save settings", collection: settings, index: primary}

	valueByKey     = query{name: "value by key", collection: values, index: primary}
	putValue       = query{name: "put a value", collection: values, index: primary}
	changeValue    = query{name: "change a value", collection: values, index: primary}
	dropValue      = query{name: "drop a value", collection: values, index: primary}
	countAttempt   = query{name: "count an attempt", collection: attempts, index: primary}
	forgetAttempts = query{name: "forget attempts", collection: attempts, index: primary}
)
