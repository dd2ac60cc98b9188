package mongo

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	gosync "sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/fault"
)

// maxDocument is the most bytes a document may have. It is a quarter of what
// MongoDB takes, and more than a thousand times what a contact usually has.
const maxDocument = 4 << 20

// codec turns documents of package sync into BSON and back: field by field as
// their JSON tags say, with times as dates, which MongoDB keeps to the millisecond
// and in UTC. Keys of maps may be any text; they are stored by [escapeKey].
var codec = newCodec()

func newCodec() *bson.Registry {
	r := bson.NewRegistry()
	r.RegisterKindEncoder(reflect.Struct, &structEncoder{})
	r.RegisterKindEncoder(reflect.Map, bson.ValueEncoderFunc(encodeMap))
	r.RegisterKindDecoder(reflect.Map, bson.ValueDecoderFunc(decodeMap))
	return r
}

// marshal encodes a document; fault.TooLarge if it is over maxDocument.
func marshal(doc any) (bson.Raw, error) {
	var data bytes.Buffer
	encoder := bson.NewEncoder(bson.NewDocumentWriter(&data))
	encoder.SetRegistry(codec)
	encoder.NilSliceAsEmpty()
	if err := encoder.Encode(doc); err != nil {
		return nil, err
	}
	if data.Len() > maxDocument {
		return nil, fault.New(fault.TooLarge,
			"A record of %d MB is too large to be stored; the limit is %d MB.", data.Len()>>20, maxDocument>>20)
	}
	return data.Bytes(), nil
}

// unmarshal decodes what [marshal] encoded.
func unmarshal(data bson.Raw, doc any) error {
	decoder := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(data)))
	decoder.SetRegistry(codec)
	decoder.UseJSONStructTags()
	return decoder.Decode(doc)
}

// structEncoder encodes structs. Other than the driver's it knows omitzero, so
// that a time that is not set is not stored.
type structEncoder struct{ layouts gosync.Map }

// structField is how one field of a struct is stored.
type structField struct {
	index     []int
	name      string
	omitEmpty bool
	omitZero  bool
}

func (e *structEncoder) EncodeValue(ec bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	doc, err := w.WriteDocument()
	if err != nil {
		return err
	}
	for _, f := range e.layout(v.Type()) {
		field := v.FieldByIndex(f.index)
		if f.omitZero && isZero(field) || f.omitEmpty && isEmpty(field) {
			continue
		}
		if err := encodeElement(ec, doc, f.name, field); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return doc.WriteDocumentEnd()
}

func encodeElement(ec bson.EncodeContext, doc bson.DocumentWriter, name string, v reflect.Value) error {
	encoder, err := ec.LookupEncoder(v.Type())
	if err != nil {
		return err
	}
	w, err := doc.WriteDocumentElement(name)
	if err != nil {
		return err
	}
	return encoder.EncodeValue(ec, w, v)
}

// layout lists the fields of a struct type, those of embedded structs among them.
func (e *structEncoder) layout(t reflect.Type) []structField {
	if known, ok := e.layouts.Load(t); ok {
		return known.([]structField)
	}
	var fields []structField
	for f := range t.Fields() {
		if f.Anonymous {
			for _, inner := range e.layout(f.Type) {
				inner.index = append([]int{f.Index[0]}, inner.index...)
				fields = append(fields, inner)
			}
			continue
		}
		tag, ok := f.Tag.Lookup("bson")
		if !ok {
			tag = f.Tag.Get("json")
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "-" || name == "" || !f.IsExported() {
			continue
		}
		fields = append(fields, structField{
			index: f.Index, name: name,
			omitEmpty: strings.Contains(options, "omitempty"), omitZero: strings.Contains(options, "omitzero"),
		})
	}
	e.layouts.Store(t, fields)
	return fields
}

func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return z.IsZero()
	}
	return v.IsZero()
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// encodeMap encodes maps with keys of a string type; a nil map is an empty one.
func encodeMap(ec bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	doc, err := w.WriteDocument()
	if err != nil {
		return err
	}
	for entries := v.MapRange(); entries.Next(); {
		if err := encodeElement(ec, doc, escapeKey(entries.Key().String()), entries.Value()); err != nil {
			return err
		}
	}
	return doc.WriteDocumentEnd()
}

func decodeMap(dc bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
	doc, err := r.ReadDocument()
	if err != nil {
		return err
	}
	t := v.Type()
	v.Set(reflect.MakeMap(t))
	decoder, err := dc.LookupDecoder(t.Elem())
	if err != nil {
		return err
	}
	for {
		name, r, err := doc.ReadElement()
		if errors.Is(err, bson.ErrEOD) {
			return nil
		}
		if err != nil {
			return err
		}
		value := reflect.New(t.Elem()).Elem()
		if err := decoder.DecodeValue(dc, r, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		v.SetMapIndex(reflect.ValueOf(unescapeKey(name)).Convert(t.Key()), value)
	}
}

// Names of fields in a document may not hold a NUL, and servers differ in what
// they make of "$", "." and an empty name.
var (
	keyEscapes   = strings.NewReplacer("%", "%25", "$", "%24", ".", "%2E", "\x00", "%00")
	keyUnescapes = strings.NewReplacer("%25", "%", "%24", "$", "%2E", ".", "%00", "\x00")
)

const emptyKey = "%"

func escapeKey(key string) string {
	if key == "" {
		return emptyKey
	}
	return keyEscapes.Replace(key)
}

func unescapeKey(name string) string {
	if name == emptyKey {
		return ""
	}
	return keyUnescapes.Replace(name)
}
