import { describe, expect, test } from "vitest";
import type { Contact, ContactLink } from "@/lib/api-types";
import { saveWords } from "./save-words";

function link(provider: string, syncStatus: ContactLink["syncStatus"], error?: string): ContactLink {
  return { provider, externalId: "1", state: "active", syncStatus, lastSyncedAt: null, error };
}

const contact = (...links: ContactLink[]) => ({ firstName: "Ada", lastName: "Lovelace", links }) as Contact;

describe("saveWords", () => {
  test("says where it went and where it is still going", () => {
    expect(saveWords(contact(link("hubspot", "synced"), link("pipedrive", "pending")), true)).toEqual({
      tone: "success",
      title: "Ada Lovelace was created",
      description: "Sent to HubSpot. On its way to Pipedrive.",
    });
  });
  test("a refusal is not a success", () => {
    expect(saveWords(contact(link("hubspot", "synced"), link("pipedrive", "error", "Phone is too long")), false)).toMatchObject({
      tone: "warning",
      description: "Pipedrive did not take it: Phone is too long",
    });
  });
  test("without a CRM there is nothing to add", () => {
    expect(saveWords(contact(), false).description).toBeUndefined();
  });
});
