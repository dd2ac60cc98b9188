package memory

import (
	"reflect"
	gosync "sync"
	"time"
)

// kept returns a copy of a document that shares nothing with it, as a database would
// give it back: times in UTC and to the millisecond, and without what is not part of
// the document.
func kept[T any](doc *T) *T {
	copied := new(T)
	*copied = *doc
	copier := copierOf(reflect.TypeFor[T]())
	if copier != nil {
		copier(reflect.ValueOf(copied).Elem())
	}
	return copied
}

func rounded(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// copying makes a value that was copied by assignment share nothing with its original.
type copying func(reflect.Value)

var copiers gosync.Map // of copying by reflect.Type

// copierOf returns what makes a copy of the type its own; nil if assignment does.
func copierOf(t reflect.Type) copying {
	if known, ok := copiers.Load(t); ok {
		return known.(copying)
	}
	c := newCopier(t)
	copiers.Store(t, c)
	return c
}

func newCopier(t reflect.Type) copying {
	if t == reflect.TypeFor[time.Time]() {
		return func(v reflect.Value) {
			at := v.Addr().Interface().(*time.Time)
			*at = rounded(*at)
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		return structCopier(t)
	case reflect.Pointer:
		return pointerCopier(t.Elem())
	case reflect.Slice:
		return sliceCopier(t)
	case reflect.Map:
		return mapCopier(t)
	}
	return nil
}

func structCopier(t reflect.Type) copying {
	type part struct {
		field int
		own   copying // nil: the field is no part of the document
	}
	var parts []part
	for i := range t.NumField() {
		own := copierOf(t.Field(i).Type)
		if t.Field(i).Tag.Get("json") == "-" {
			parts = append(parts, part{i, nil})
		} else if own != nil {
			parts = append(parts, part{i, own})
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return func(v reflect.Value) {
		for _, p := range parts {
			if p.own == nil {
				v.Field(p.field).SetZero()
			} else {
				p.own(v.Field(p.field))
			}
		}
	}
}

func pointerCopier(t reflect.Type) copying {
	own := copierOf(t)
	return func(v reflect.Value) {
		if v.IsNil() {
			return
		}
		copied := reflect.New(t)
		copied.Elem().Set(v.Elem())
		if own != nil {
			own(copied.Elem())
		}
		v.Set(copied)
	}
}

func sliceCopier(t reflect.Type) copying {
	own := copierOf(t.Elem())
	return func(v reflect.Value) {
		if v.IsNil() {
			return
		}
		copied := reflect.MakeSlice(t, v.Len(), v.Len())
		reflect.Copy(copied, v)
		if own != nil {
			for i := range copied.Len() {
				own(copied.Index(i))
			}
		}
		v.Set(copied)
	}
}

func mapCopier(t reflect.Type) copying {
	own := copierOf(t.Elem())
	return func(v reflect.Value) {
		if v.IsNil() {
			return
		}
		copied := reflect.MakeMapWithSize(t, v.Len())
		value := reflect.New(t.Elem()).Elem()
		for entries := v.MapRange(); entries.Next(); {
			if own == nil {
				copied.SetMapIndex(entries.Key(), entries.Value())
				continue
			}
			value.Set(entries.Value())
			own(value)
			copied.SetMapIndex(entries.Key(), value)
		}
		v.Set(copied)
	}
}
