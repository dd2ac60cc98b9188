package mongo

import (
	"crypto/rand"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/contact"
)

// keys are the keys, as _id, of documents whose names begin alike. A key is the
// parts of a name with a separator between them, the customer first. All parts but
// the last are escaped: no two names have one key, and keys that begin alike sort
// as their last parts do.
type keys string

const (
	separator      = "|"
	afterSeparator = "}" // the character that follows it
)

var partEscapes = strings.NewReplacer("%", "%25", separator, "%7C")

// keysOf are the keys of a customer's documents.
func keysOf(customer contact.CustomerID) keys { return keys("").under(string(customer)) }

// under narrows the keys by one more part.
func (k keys) under(part string) keys { return k + keys(partEscapes.Replace(part)+separator) }

// of returns the key with the last part.
func (k keys) of(last string) string { return string(k) + last }

// above is the filter of the keys whose last part is above after, or of all with "".
func (k keys) above(after string) bson.E {
	end := strings.TrimSuffix(string(k), separator) + afterSeparator
	return bson.E{Key: "_id", Value: bson.D{{Key: "$gt", Value: string(k) + after}, {Key: "$lt", Value: end}}}
}

// ofAll returns the keys with the last parts, each once.
func ofAll[P ~string](k keys, parts []P) []string {
	list := make([]string, 0, len(parts))
	seen := make(map[P]bool, len(parts))
	for _, part := range parts {
		if !seen[part] {
			seen[part] = true
			list = append(list, k.of(string(part)))
		}
	}
	return list
}

// newToken returns a text that marks one write.
func newToken() string { return rand.Text()[:20] }

// scoped is a filter of a customer's documents.
func scoped(customer contact.CustomerID, conditions ...bson.E) bson.D {
	return append(bson.D{{Key: "customerId", Value: customer}}, conditions...)
}

// is, in and with write the conditions of filters.
func is(field string, value any) bson.E { return bson.E{Key: field, Value: value} }

func in[T any](field string, values []T) bson.E { return with(field, "$in", values) }

func with(field, operator string, value any) bson.E {
	return bson.E{Key: field, Value: bson.D{{Key: operator, Value: value}}}
}
