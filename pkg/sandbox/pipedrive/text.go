package pipedrive

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A person at the page sees and types every value as text. Lists are separated by
// semicolons; an item's label, when it is not the default, follows in parentheses;
// the first item is the primary.

const itemSeparator = "; "

func pointsText(points []contactPoint) string {
	texts := make([]string, 0, len(points))
	for _, point := range points {
		text := point.Value
		if point.Label != defaultLabel {
			text += " (" + point.Label + ")"
		}
		if point.Primary {
			texts = slices.Insert(texts, 0, text)
		} else {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, itemSeparator)
}

// parsePoints also reads a JSON array of texts or of items, as bulk loads have it.
func parsePoints(text, separators string) ([]contactPoint, error) {
	if strings.HasPrefix(text, "[") {
		return parsePointsJSON(text)
	}
	points := []contactPoint{}
	for item := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		points = append(points, parsePoint(item))
	}
	return tidyPoints(points), nil
}

func parsePointsJSON(text string) ([]contactPoint, error) {
	var values []string
	points := []contactPoint{}
	if json.Unmarshal([]byte(text), &values) == nil {
		for _, value := range values {
			points = append(points, contactPoint{Value: value})
		}
		return tidyPoints(points), nil
	}
	if err := json.Unmarshal([]byte(text), &points); err != nil {
		return nil, fmt.Errorf("not a list of values: %w", err)
	}
	return tidyPoints(points), nil
}

func parsePoint(item string) contactPoint {
	item = strings.TrimSpace(item)
	value, rest, ok := cutLast(item, " (")
	label, closed := strings.CutSuffix(rest, ")")
	if !ok || !closed || strings.ContainsFunc(label, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return contactPoint{Value: item}
	}
	return contactPoint{Value: strings.TrimSpace(value), Label: label}
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// text is a custom value as a person sees it.
func (f *field) text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int64:
		return f.optionText(v)
	case []int64:
		texts := make([]string, 0, len(v))
		for _, id := range v {
			texts = append(texts, f.optionText(id))
		}
		return strings.Join(texts, itemSeparator)
	case map[string]any:
		parts := []string{f.text(v["value"])}
		for _, name := range []string{"currency", "until"} {
			if part, ok := v[name].(string); ok {
				parts = append(parts, part)
			}
		}
		return strings.Join(parts, " ")
	}
	return ""
}

func (f *field) optionText(id int64) string {
	if o := f.option(id); o != nil {
		return o.Label
	}
	return formatID(id)
}

// parse reads what text shows.
func (f *field) parse(text string) (any, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	raw, err := f.raw(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	value, err := f.accept(raw, false)
	if refused, ok := errors.AsType[*refusal](err); ok {
		_, complaint, _ := strings.Cut(refused.text, f.code+": ")
		return nil, fmt.Errorf("%s %s", f.name, complaint)
	}
	return value, nil
}

// raw turns text into the JSON that the API would take for it.
func (f *field) raw(text string) (json.RawMessage, error) {
	switch f.kind {
	case "double", "org", "people", "user":
		return json.RawMessage(text), checkNumber(text)
	case "enum":
		id, err := f.optionID(text)
		return json.RawMessage(formatID(id)), err
	case "set":
		ids := []int64{}
		for label := range strings.SplitSeq(text, ";") {
			id, err := f.optionID(label)
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return json.Marshal(ids)
	case "monetary":
		amount, currency, _ := strings.Cut(text, " ")
		return json.Marshal(map[string]any{"value": json.Number(amount), "currency": currency})
	case "daterange", "timerange":
		from, until, _ := strings.Cut(text, " ")
		return json.Marshal(map[string]any{"value": from, "until": until})
	case "address":
		return json.Marshal(map[string]any{"value": text})
	}
	return json.Marshal(text)
}

func checkNumber(text string) error {
	_, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return errors.New("must be a number")
	}
	return nil
}

func (f *field) optionID(label string) (int64, error) {
	label = strings.TrimSpace(label)
	for _, o := range f.options {
		if strings.EqualFold(o.Label, label) {
			return o.ID, nil
		}
	}
	return 0, fmt.Errorf("%q is not an option", label)
}
