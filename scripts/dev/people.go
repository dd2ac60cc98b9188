package main

import (
	"fmt"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
)

// person is a generated contact: the same for the same number, every time.
type person struct {
	first, last, email, phone, company, title, pronouns string
}

var (
	firstNames = strings.Fields(`Amara Ben Chiara Dmitri Elif Farid Grace Hugo Ingrid Jamal Keiko Liam Maya Noor Owen Priya
		Quentin Rosa Sven Tala Uma Viktor Wanda Ximena Yusuf Zoë Anaïs Björn Camille Diego Esra Finn Gülay Hana Iker Jürgen
		Katarzyna Lucía Mateo Nadia Oskar Paola Rafał Sanna Tomás Vera`)
	lastNames = strings.Fields(`Okafor Lindqvist Rossi Volkov Yılmaz Haddad Hopper Moreau Berg Washington Tanaka Murphy
		Cohen Rahman Hughes Nair Dubois Álvarez Nilsson Salazar Iyer Petrov Kowalski Herrera Demir Brontë Lefèvre Sørensen
		Fontaine Castro Aydın O'Brien Šimić Müller Nowak García Andersson Costa Weiss Jansen Delacroix`)
	companies = []string{
		"Northwind Traders", "Bluewater Logistics", "Hexagon Robotics", "Fabrikam Foods", "Cedar & Pine", "Lumen Optics",
		"Atlas Cartography", "Copperfield Bank", "Riverbend Clinics", "Solstice Energy", "Paper Lantern Studio", "Tailspin Toys",
		"Quarry Stone Works", "Meridian Freight", "Oakhurst Schools", "Velvet Audio", "Granite Insurance", "Harbor Seafood",
	}
	titles = []string{
		"Head of Operations", "Account Executive", "Software Engineer", "Office Manager", "Procurement Lead", "Data Analyst",
		"Founder", "Customer Success Manager", "Marketing Director", "Product Designer", "Finance Partner", "Warehouse Supervisor",
	}
	pronounSets = []string{"", "she/her", "", "he/him", "", "they/them", ""}
	areaCodes   = []int{212, 303, 312, 404, 415, 503, 512, 617, 702, 808}
)

// generated returns the i-th person.
func generated(i int) person {
	p := person{
		first:    firstNames[i%len(firstNames)],
		last:     lastNames[(i/len(firstNames)+i)%len(lastNames)],
		company:  companies[(i*7)%len(companies)],
		title:    titles[(i*5)%len(titles)],
		pronouns: pronounSets[i%len(pronounSets)],
		phone:    fmt.Sprintf("+1 %d-555-%04d", areaCodes[(i/100)%len(areaCodes)], 100+i%100),
	}
	name := strings.Join(contact.FoldWords(p.first), "") + "." + strings.Join(contact.FoldWords(p.last), "")
	domain := strings.Join(contact.FoldWords(p.company), "")
	p.email = fmt.Sprintf("%s.%d@%s.example", name, i+1, domain)
	return p
}

// The app has every person, and each CRM some of them, known by their e-mail: what
// a team finds that has kept the same people in several places. The copies differ
// in what they lack and how numbers are written, not in what is true.

func (p person) inApp(i int) contact.Values {
	values := contact.Values{
		contact.Email: p.email, contact.FirstName: p.first, contact.LastName: p.last, contact.Phone: p.phone,
		contact.Company: p.company, contact.JobTitle: p.title, contact.Pronouns: p.pronouns,
	}
	if inHubSpot(i) && i%2 == 0 {
		values[contact.JobTitle] = ""
	}
	if inPipedrive(i) && i%3 == 0 {
		values[contact.Phone] = ""
	}
	return values
}

func inHubSpot(i int) bool   { return i%3 == 0 }
func inPipedrive(i int) bool { return i%4 == 1 }

func (p person) asHubSpot() map[string]string {
	return map[string]string{
		"email": p.email, "firstname": p.first, "lastname": p.last, "company": p.company, "jobtitle": p.title,
		"phone": strings.NewReplacer(" ", "", "-", "").Replace(p.phone),
	}
}

func (p person) asPipedrive() map[string]string {
	return map[string]string{"first_name": p.first, "last_name": p.last, "emails": p.email, "phones": p.phone}
}
