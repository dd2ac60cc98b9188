import type { Contact, ContactField, ContactFields, Provider, Source } from "./api-types";

/** The CRMs, in the order they are shown in. */
export const providers: readonly Provider[] = ["hubspot", "pipedrive"];

const providerNames: Record<Source, string> = { app: "Your app", hubspot: "HubSpot", pipedrive: "Pipedrive" };

export function providerName(provider: Source): string {
  return providerNames[provider];
}

export const fieldNames: Record<ContactField, string> = {
  firstName: "First name",
  lastName: "Last name",
  email: "E-mail",
  phone: "Phone",
  company: "Company",
  jobTitle: "Job title",
  pronouns: "Pronouns",
};

export const contactFields = Object.keys(fieldNames) as ContactField[];

export function fieldName(field: string): string {
  if (field === "existence") return "Deletion";
  return (fieldNames as Record<string, string>)[field] ?? field;
}

/** What a person would call the contact: the name, else the e-mail, else the phone number. */
export function contactName(contact: Pick<ContactFields, "firstName" | "lastName" | "email" | "phone">): string {
  const name = `${contact.firstName} ${contact.lastName}`.trim();
  return name || contact.email || contact.phone || "Unnamed contact";
}

export function initials(contact: Contact): string {
  const parts = [contact.firstName, contact.lastName].filter(Boolean);
  const text = parts.length > 0 ? parts.map((part) => Array.from(part)[0]).join("") : Array.from(contactName(contact))[0] ?? "";
  return text.toUpperCase();
}
