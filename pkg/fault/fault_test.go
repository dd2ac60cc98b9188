package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/fault"
)

func TestTheFirstClassificationStands(t *testing.T) {
	cause := errors.New("secret detail")
	inner := &fault.Error{Kind: fault.Throttled, Op: "hubspot.update", Message: "Too many calls.", Err: cause}
	outer := fault.Wrap(fault.Invalid, "sync.push", fmt.Errorf("contact 7: %w", inner))
	if got := fault.KindOf(outer); got != fault.Throttled {
		t.Errorf("kind %v", got)
	}
	if !errors.Is(outer, cause) || !strings.Contains(outer.Error(), "sync.push") || !strings.Contains(outer.Error(), "hubspot.update") {
		t.Errorf("error %q", outer)
	}
	if fault.Wrap(fault.Invalid, "x", nil) != nil {
		t.Error("nothing was wrapped into an error")
	}
}

func TestPublicNeverTellsTheCause(t *testing.T) {
	cause := errors.New("password=hunter2")
	for _, err := range []error{
		cause, fault.Wrap(fault.Retryable, "store.save", cause),
		&fault.Error{Kind: fault.Invalid, Message: "Not valid.", Hint: "Do this.", Err: cause},
	} {
		if text := fault.Public(err); text == "" || strings.Contains(text, "hunter2") {
			t.Errorf("Public(%v) = %q", err, text)
		}
	}
	if got := fault.Public(&fault.Error{Message: "Not valid.", Hint: "Do this."}); got != "Not valid. Do this." {
		t.Errorf("with a hint: %q", got)
	}
}

func TestEveryKindHasANameAndAText(t *testing.T) {
	seen := map[string]bool{}
	for k := fault.Unexpected; k <= fault.Unavailable; k++ {
		name := k.String()
		if seen[name] || strings.Contains(name, "(") {
			t.Errorf("kind %d is called %q", int(k), name)
		}
		seen[name] = true
		if fault.Public(&fault.Error{Kind: k}) == "" {
			t.Errorf("%s has no text for users", name)
		}
	}
	if fault.Is(nil, fault.Unexpected) {
		t.Error("no error is of a kind")
	}
}
