package hubspot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// problem is an error answer of the API. The order of the fields is that of the wire.
type problem struct {
	code int // HTTP status

	Status        string              `json:"status"`
	Message       string              `json:"message"`
	ErrorType     string              `json:"errorType,omitempty"`
	CorrelationID string              `json:"correlationId"`
	PolicyName    string              `json:"policyName,omitempty"`
	GroupName     string              `json:"groupName,omitempty"`
	RequestID     string              `json:"requestId,omitempty"`
	Errors        []problemDetail     `json:"errors,omitempty"`
	Context       map[string][]string `json:"context,omitempty"`
	Links         map[string]string   `json:"links,omitempty"`
	Category      string              `json:"category,omitempty"`
	SubCategory   string              `json:"subCategory,omitempty"`
}

type problemDetail struct {
	Message string              `json:"message"`
	Code    string              `json:"code,omitempty"`
	Context map[string][]string `json:"context,omitempty"`
}

func (p *problem) Error() string { return p.Message }

func badRequest(format string, args ...any) *problem {
	return &problem{code: http.StatusBadRequest, Message: fmt.Sprintf(format, args...), Category: "VALIDATION_ERROR"}
}

// unreadable is the answer to JSON that does not parse or has the wrong types; it has no category.
func unreadable(format string, args ...any) *problem {
	return &problem{code: http.StatusBadRequest, Message: fmt.Sprintf(format, args...)}
}

func noSuchContact() *problem {
	return &problem{code: http.StatusNotFound, Message: "resource not found"}
}

func notNumeric(id string) *problem {
	return &problem{
		code: http.StatusNotFound, Message: "Object not found.  objectId are usually numeric.",
		Context: map[string][]string{"id": {id}}, Category: "OBJECT_NOT_FOUND",
	}
}

// contactExists is the conflict over an e-mail address; 0 leaves the holder unnamed.
func contactExists(holder int64) *problem {
	message := "Contact already exists"
	if holder != 0 {
		message += fmt.Sprintf(". Existing ID: %d", holder)
	}
	return &problem{code: http.StatusConflict, Message: message, Category: "CONFLICT"}
}

func duplicateIDs(ids []string) *problem {
	p := badRequest("Duplicate IDs found in batch input: [%s]. IDs must be unique", strings.Join(ids, ", "))
	p.Context = map[string][]string{"ids": ids}
	return p
}

func missingScopes(scopes []string) *problem {
	const link = "https://developers.hubspot.com/scopes"
	return &problem{
		code:    http.StatusForbidden,
		Message: "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: " + link + ".",
		Errors: []problemDetail{{
			Message: "One or more of the following scopes are required.",
			Context: map[string][]string{"requiredGranularScopes": scopes},
		}},
		Links:    map[string]string{"scopes": link},
		Category: "MISSING_SCOPES",
	}
}

// invalidValue is one entry of the JSON that HubSpot puts inside the message.
type invalidValue struct {
	IsValid   bool   `json:"isValid"`
	Message   string `json:"message"`
	Error     string `json:"error"`
	Name      string `json:"name"`
	Localized string `json:"localizedErrorMessage"`
	PortalID  int64  `json:"portalId"`
}

func (a *account) invalid(name, code, format string, args ...any) invalidValue {
	text := fmt.Sprintf(format, args...)
	return invalidValue{Message: text, Error: code, Name: name, Localized: text, PortalID: a.portalID}
}

func invalidValues(values []invalidValue) *problem {
	p := badRequest("Property values were not valid: %s", plainJSON(values))
	for _, v := range values {
		p.Errors = append(p.Errors, problemDetail{
			Message: v.Message, Code: v.Error, Context: map[string][]string{"propertyName": {v.Name}},
		})
	}
	return p
}

// plainJSON encodes as the vendor does: without escaping for HTML and without a final line break.
func plainJSON(v any) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic("hubspot sandbox: encoding an answer: " + err.Error())
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}
