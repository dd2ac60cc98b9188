package hubspot

import "time"

// readable finds the contact of a read by id or by a unique value, as the replica
// that answers knows it. Unique values are those of now.
func (s *Server) readable(id, idProperty string, archived bool, now time.Time) (*record, error) {
	r, err := s.account.find(id, idProperty, archived, now)
	if err != nil {
		return nil, err
	}
	if r = s.seen(r, now); r.archived() != archived {
		return nil, noSuchContact()
	}
	return r, nil
}

// seen is a contact as it was before its latest write, while the knob makes that
// write too fresh to be read. A new contact is read at once.
func (s *Server) seen(r *record, now time.Time) *record {
	lag := milliseconds(s.knobs.StaleReadMS)
	if lag <= 0 || !now.Before(r.modified().Add(lag)) {
		return r
	}
	if old, known := r.snapshot(r.modified().Add(-time.Nanosecond)); known {
		return old
	}
	return r
}
