package mongo

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/fault"
)

// pageSize is the size of a page that asked for limit.
func pageSize(limit int) int {
	const standard, most = 50, 200
	if limit <= 0 {
		return standard
	}
	return min(limit, most)
}

// mark is where a page ended: the last document's place in the order.
type mark struct {
	List string    `json:"l"` // which list, in which order
	Text string    `json:"t,omitempty"`
	Time time.Time `json:"d,omitzero"`
	ID   string    `json:"i"`
}

func (m mark) encode() string {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // texts and times always encode
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// decodeMark reads a mark of the list; fault.Invalid for any other text.
func decodeMark(cursor, list string) (*mark, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	m := &mark{}
	if err == nil {
		err = json.Unmarshal(text, m)
	}
	if err != nil || m.List != list {
		return nil, fault.New(fault.Invalid, "The page does not belong to this list.")
	}
	return m, nil
}

// beyond is the condition that a document comes after a place in the order of a
// field and then of id. The bound on the field alone lets its index begin there.
func beyond(field string, value any, id string, desc bool) bson.D {
	after := "$gt"
	if desc {
		after = "$lt"
	}
	return bson.D{
		with(field, after+"e", value),
		is("$or", bson.A{bson.D{with(field, after, value)}, bson.D{with("id", after, id)}}),
	}
}

// cut takes the document off that shows that another page follows, and returns the
// mark of this one, or "".
func cut[T any](found []T, limit int, mark func(T) mark) ([]T, string) {
	if len(found) <= limit {
		return found, ""
	}
	return found[:limit], mark(found[limit-1]).encode()
}
