// Package sync is the core of Contact Sync: the [Service] that keeps the app's
// contacts and the records of every connected CRM equal.
//
// It has the shape of a star. The app's contact is the hub, each CRM record is a
// spoke joined by a [Link], and every value travels from spoke to spoke through
// the hub document, whose compare-and-set on its revision puts all changes in
// order. Events and polls never carry values; they only say which records to
// read again.
//
// A change travels in five steps, one file each:
//
//	notice.go   events and polls make contacts due, and leave hints for unknown records
//	claim.go    due work is leased in batches; hints become contacts
//	read.go     the remote records of the batch are read by id
//	decide.go   package reconcile merges; the result is a new document and its writes
//	apply.go    one compare-and-set per contact, then batched writes, then the
//	            acknowledging compare-and-set; logs last
//
// The jobs around them: firstsync.go (list both sides, join, reconcile), runs.go
// (leases, checkpoints, time budget), turns.go (customers in turn), rehearsal.go,
// plan.go and approval.go (what a run would do, before it does), edit.go (changes made
// in the app), setup.go (custom fields), brake.go and deletion.go (what happens before
// anything is deleted), restore.go (what undoes it), erase.go (data removed for good),
// merging.go and survivors.go (merged records), copies.go (records made twice),
// review.go (what a person decides), overview.go (what people see).
//
// The package declares its ports ([CRM], [Store], [Clock]) and knows no vendor, no
// database and no HTTP. Everything that decides order or time is injected.
package sync
