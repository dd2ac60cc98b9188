package hubspot

import (
	"net/http"
	"time"
)

type accountJSON struct {
	PortalID              int64    `json:"portalId"`
	AccountType           string   `json:"accountType"`
	TimeZone              string   `json:"timeZone"`
	CompanyCurrency       string   `json:"companyCurrency"`
	AdditionalCurrencies  []string `json:"additionalCurrencies"`
	UTCOffset             string   `json:"utcOffset"`
	UTCOffsetMilliseconds int64    `json:"utcOffsetMilliseconds"`
	UIDomain              string   `json:"uiDomain"`
	DataHostingLocation   string   `json:"dataHostingLocation"`
}

func (s *Server) accountDetails(c *call) (int, any, error) {
	local := c.now.In(s.zone)
	_, seconds := local.Zone()
	return http.StatusOK, accountJSON{
		PortalID: s.options.PortalID, AccountType: "DEVELOPER_TEST", TimeZone: s.options.TimeZone,
		CompanyCurrency: "USD", AdditionalCurrencies: []string{}, UTCOffset: local.Format("-07:00"),
		UTCOffsetMilliseconds: (time.Duration(seconds) * time.Second).Milliseconds(),
		UIDomain:              "app.hubspot.com", DataHostingLocation: "na1",
	}, nil
}
