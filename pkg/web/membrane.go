package web

// byMembrane is the method of connecting a CRM through Membrane.
const byMembrane = "membrane"

// MembraneAccess is what a browser needs to make a customer's connections in
// Membrane, formerly Integration.app.
type MembraneAccess struct {
	Token  string `json:"token"` // acts for the customer; good for some minutes
	APIURI string `json:"apiUri"`
	UIURI  string `json:"uiUri"`
}

func (s *Server) membraneToken(c *call) (reply, error) {
	access, err := s.Membrane(c.customer)
	if err != nil {
		return reply{}, err
	}
	return ok(access)
}
