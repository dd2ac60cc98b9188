package pipedrive

import (
	"fmt"
	"strings"
	"testing"
)

// TestCustomValues checks for each type what the API takes, how it shows it, and
// how a webhook does.
func TestCustomValues(t *testing.T) {
	long := strings.Repeat("ä", 256)
	// In sent, shown and hooked, %d stands for the first option's id.
	cases := []struct{ kind, sent, shown, hooked, refused string }{
		{kind: "varchar", sent: `"they"`, shown: `"they"`, hooked: `{"type":"varchar","value":"they"}`},
		{kind: "varchar", sent: `""`, shown: `null`, hooked: `null`},
		{kind: "varchar", sent: `null`, shown: `null`, hooked: `null`},
		{kind: "varchar", sent: `5`, refused: "must be a string"},
		{kind: "varchar", sent: `"` + long + `"`, refused: "at most 255"},
		{kind: "text", sent: `"` + long + `"`, shown: `"` + long + `"`, hooked: `{"type":"text","value":"` + long + `"}`},
		{kind: "text", sent: `"` + strings.Repeat("x", 65_536) + `"`, refused: "at most 65535"},
		{kind: "double", sent: `1.5`, shown: `1.5`, hooked: `{"type":"double","value":1.5}`},
		{kind: "double", sent: `"1.5"`, refused: "must be a number"},
		{kind: "date", sent: `"2026-02-29"`, shown: `"2026-02-29"`, hooked: `{"type":"date","value":"2026-02-29"}`},
		{kind: "enum", sent: `%d`, shown: `%d`, hooked: `{"id":%d,"type":"enum"}`},
		{kind: "enum", sent: `"%d"`, refused: "must be an integer"},
		{kind: "enum", sent: `1`, refused: "1 is not an option"},
		{kind: "set", sent: `[%d]`, shown: `[%d]`, hooked: `{"type":"set","values":[{"id":%d}]}`},
		{kind: "set", sent: `[]`, refused: "use null to clear"},
		{kind: "set", sent: `%d`, refused: "must be an array"},
		{kind: "set", sent: `[1]`, refused: "1 is not an option"},
		{kind: "monetary", sent: `{"value":9.5,"currency":"EUR"}`, shown: `{"currency":"EUR","value":9.5}`, hooked: `{"currency":"EUR","type":"monetary","value":9.5}`},
		{kind: "monetary", sent: `9.5`, refused: "must be an object"},
		{kind: "daterange", sent: `{"value":"2026-01-01","until":"2026-01-02"}`, shown: `{"until":"2026-01-02","value":"2026-01-01"}`, hooked: `{"type":"daterange","until":"2026-01-02","value":"2026-01-01"}`},
		{kind: "daterange", sent: `{"from":"2026-01-01"}`, refused: "from: unknown property"},
		{kind: "address", sent: `{"country":"EE"}`, refused: "value: is required"},
		{kind: "people", sent: `7`, shown: `7`, hooked: `{"id":7,"type":"people"}`},
		{kind: "user", sent: `1.5`, refused: "must be an integer"},
	}
	for _, c := range cases {
		t.Run(c.kind+" "+c.sent[:min(20, len(c.sent))], func(t *testing.T) {
			a := unlimited(t)
			a.SetWebhook("http://app.test/hook")
			var labels []string
			if c.kind == "enum" || c.kind == "set" {
				labels = []string{"one", "two"}
			}
			code := a.AddField("Field", c.kind, labels...)
			with := func(text string) string {
				if strings.Contains(text, "%d") {
					return fmt.Sprintf(text, a.fields.find(code).options[0].ID)
				}
				return text
			}
			r := a.do("POST", "/api/v2/persons", `{"name":"A","custom_fields":{"`+code+`":`+with(c.sent)+`}}`)
			if c.refused != "" {
				refused(t, r, 400, c.refused, code)
				return
			}
			if got := compact(t, r.data()["custom_fields"].(map[string]any)[code]); got != with(c.shown) {
				t.Errorf("shown as %s, want %s", got, with(c.shown))
			}
			if got := compact(t, a.flush()[0].Data["custom_fields"].(map[string]any)[code]); got != with(c.hooked) {
				t.Errorf("sent as %s, want %s", got, with(c.hooked))
			}
		})
	}
}

func TestOverlongVarcharIsCutWithTheKnob(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, TruncateLong: true})
	code := a.AddField("Field", "varchar")
	r := a.must("POST", "/api/v2/persons", `{"name":"A","custom_fields":{"`+code+`":"`+strings.Repeat("ä", 300)+`"}}`)
	if got := r.data()["custom_fields"].(map[string]any)[code]; got != strings.Repeat("ä", 255) {
		t.Errorf("got %v", got)
	}
}

func TestUnknownKeyAmongKnownOnes(t *testing.T) {
	a := unlimited(t)
	code := a.AddField("Field", "varchar")
	a.must("POST", "/api/v2/persons", `{"name":"A","custom_fields":{"`+code+`":"x"}}`)
	if !a.RemoveField(code) {
		t.Fatal("the field was not there")
	}
	if got := a.must("GET", "/api/v2/persons/1", "").data()["custom_fields"]; got != nil {
		t.Errorf("without any field custom_fields is null, got %v", got)
	}
	refused(t, a.do("PATCH", "/api/v2/persons/1", `{"custom_fields":{"`+code+`":"y"}}`), 400, code)
}
