package web

import (
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/contactsync/contactsync/pkg/contact"
)

// tokenLeeway is how far the host application's clock may be off.
const tokenLeeway = 30 * time.Second

// claims are what a token of the host application says.
type claims struct {
	Customer string `json:"customerId"`
	jwt.RegisteredClaims
}

// hostToken returns whom a host application's token speaks for; ok is false for one
// that is not valid now. Only HS256 counts, whatever the token itself says.
func (s *Server) hostToken(text string) (who caller, ok bool) {
	if s.TokenSecret == "" {
		return caller{}, false
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(),
		jwt.WithLeeway(tokenLeeway), jwt.WithTimeFunc(s.Clock.Now), jwt.WithStrictDecoding(),
	)
	var said claims
	_, err := parser.ParseWithClaims(text, &said, func(*jwt.Token) (any, error) { return []byte(s.TokenSecret), nil })
	if err != nil || said.Subject == "" || len(said.Subject) > maxName || !validCustomer(said.Customer) {
		return caller{}, false
	}
	ends := said.ExpiresAt.UTC()
	return caller{user: said.Subject, customer: contact.CustomerID(said.Customer), via: byToken, ends: ends}, true
}
