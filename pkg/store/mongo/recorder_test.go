package mongo

import (
	"context"
	"fmt"
	"strings"
	gosync "sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
)

// recorder notes what is sent to the server: the names of all commands, each of
// which is a round trip, and one statement of every shape.
type recorder struct {
	mu       gosync.Mutex
	commands []string
	shapes   map[string]statement
}

func (r *recorder) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		r.mu.Lock()
		defer r.mu.Unlock()
		comment, _ := e.Command.Lookup("comment").StringValueOK()
		r.commands = append(r.commands, e.CommandName+" "+comment)
		if r.shapes == nil {
			r.shapes = map[string]statement{}
		}
		for _, s := range statements(e.Command) {
			if s.query != "" {
				r.shapes[s.shape()] = s
			}
		}
	}}
}

// taken returns the commands since the last time.
func (r *recorder) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	commands := r.commands
	r.commands = nil
	return commands
}

// statement is one reading or writing of documents that a command asks for.
type statement struct {
	query   string // its name, which travels as the comment
	command string
	filter  bson.D
	sort    bson.D
	limit   int64
	inserts bson.D // the document, of an insert
}

// statements takes a command apart. Other commands than those of queries have none.
func statements(command bson.Raw) []statement {
	name := command.Index(0).Key()
	comment, _ := command.Lookup("comment").StringValueOK()
	s := statement{query: comment, command: name}
	switch name {
	case "find":
		s.filter, s.sort = document(command, "filter"), document(command, "sort")
		s.limit, _ = command.Lookup("limit").AsInt64OK()
	case "findAndModify":
		s.filter = document(command, "query")
	case "aggregate":
		s.filter = document(command, "pipeline", "0", "$match")
	case "update", "delete":
		return eachOf(command, name+"s", func(one bson.Raw) statement {
			return statement{query: comment, command: name, filter: document(one, "q")}
		})
	case "insert":
		return eachOf(command, "documents", func(one bson.Raw) statement {
			return statement{query: comment, command: name, inserts: decoded(one)}
		})
	default:
		return nil
	}
	return []statement{s}
}

func eachOf(command bson.Raw, list string, read func(bson.Raw) statement) []statement {
	elements, err := command.Lookup(list).Array().Values()
	if err != nil {
		panic(err) // the driver sends nothing that is malformed
	}
	var all []statement
	for _, e := range elements {
		all = append(all, read(e.Document()))
	}
	return all
}

// document returns a document inside another; none is empty.
func document(in bson.Raw, path ...string) bson.D {
	value, err := in.LookupErr(path...)
	if err != nil {
		return nil
	}
	return decoded(value.Document())
}

func decoded(doc bson.Raw) bson.D {
	var d bson.D
	if err := bson.Unmarshal(doc, &d); err != nil {
		panic(err)
	}
	return d
}

// condition is what a filter says of a field.
type condition struct {
	field string
	kind  string // equal, in, range, other
}

// conditions lists what a filter says of fields, in all of its parts that have to
// hold together.
func conditions(filter bson.D) []condition {
	var list []condition
	for _, e := range filter {
		if e.Key == "$and" {
			for _, part := range e.Value.(bson.A) {
				list = append(list, conditions(part.(bson.D))...)
			}
			continue
		}
		if strings.HasPrefix(e.Key, "$") {
			continue // alternatives narrow nothing for an index
		}
		list = append(list, condition{e.Key, kindOf(e.Value)})
	}
	return list
}

func kindOf(value any) string {
	switch v := value.(type) {
	case bson.Regex:
		return "range"
	case bson.D:
		if len(v) == 0 || !strings.HasPrefix(v[0].Key, "$") {
			return "equal"
		}
		switch v[0].Key {
		case "$in":
			return "in"
		case "$gt", "$gte", "$lt", "$lte":
			return "range"
		}
		return "other"
	}
	return "equal"
}

// shape is what statements have in common that differ only in their values.
func (s statement) shape() string {
	return fmt.Sprint(s.query, " ", s.command, " ", conditions(s.filter), " ", s.sort)
}
