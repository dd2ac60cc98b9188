package membrane

import (
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// TokenLife is how long a token is good for. A browser asks for another before that.
const TokenLife = 15 * time.Minute

// Workspace signs tokens for the customers of a Membrane workspace.
type Workspace struct {
	Key    string
	Secret string // its bytes are the key of the signature, as they are
	Now    func() time.Time
}

// claims are those that every generation of Membrane's clients sends.
type claims struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	jwt.RegisteredClaims
}

// Token returns a token that acts for one customer and sees nothing of any other.
// Membrane makes a customer that it does not know.
func (w Workspace) Token(customer contact.CustomerID) (string, error) {
	if w.Key == "" || w.Secret == "" {
		return "", fault.New(fault.Unavailable, "Membrane is not set up: INTEGRATION_APP_WORKSPACE_KEY and INTEGRATION_APP_WORKSPACE_SECRET are needed.")
	}
	if customer == "" {
		return "", fault.New(fault.Unexpected, "A token of Membrane needs a customer.")
	}
	now := w.Now()
	return jwt.NewWithClaims(jwt.SigningMethodHS512, claims{
		ID: string(customer), Name: string(customer),
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    w.Key,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(TokenLife)),
		},
	}).SignedString([]byte(w.Secret))
}
