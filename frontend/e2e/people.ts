/** Generated people, so that a test never depends on a file outside the project. */

const first = ["Ada", "Björn", "Chiara", "Deniz", "Eleni", "Farid", "Grace", "Hana", "Ivo", "Jun"];
const last = ["Abelson", "Brontë", "Costa", "Duarte", "Eriksen", "Fontaine", "Garcia", "Hughes"];

export interface Person {
  email: string;
  firstName: string;
  lastName: string;
  phone: string;
  company: string;
}

export function people(count: number): Person[] {
  return Array.from({ length: count }, (_, i) => ({
    email: `person${String(i + 1).padStart(3, "0")}@example.com`,
    firstName: first[i % first.length]!,
    lastName: last[Math.floor(i / first.length) % last.length]!,
    phone: `+1 202 555 ${String(100 + i).padStart(4, "0")}`,
    company: i % 3 === 0 ? `Company ${i}, Inc.` : "",
  }));
}

export function csv(rows: Person[]): string {
  const lines = rows.map(({ email, firstName, lastName, phone, company }) => [email, firstName, lastName, phone, `"${company}"`].join(","));
  return ["email,first_name,last_name,phone,company_name", ...lines].join("\n") + "\n";
}
