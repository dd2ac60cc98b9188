import { describe, expect, test } from "vitest";
import type { Contact, ContactLink, Provider } from "@/lib/api-types";
import { saveWords } from "./save-words";

function link(provider: Provider, syncStatus: ContactLink["syncStatus"], error?: string): ContactLink {
  return { provider, externalId: "1", state: "active", syncStatus, lastSyncedAt: null, error };
}

const contact = (...links: ContactLink[]) => ({ firstName: "Ada", lastName: "Lovelace", phone: "+1 202 555 0100", links }) as Contact;

describe("saveWords", () => {
  test("says where it went and where it is still going", () => {
    expect(saveWords(contact(link("hubspot", "synced"), link("pipedrive", "pending")), {}, true)).toEqual({
      tone: "success",
      title: "Ada Lovelace was created",
      description: "Sent to HubSpot. On its way to Pipedrive.",
    });
  });
  test("a refusal is not a success", () => {
    expect(saveWords(contact(link("hubspot", "synced"), link("pipedrive", "error", "Pipedrive says: the phone is too long.")), {}, false)).toMatchObject({
      tone: "warning",
      description: "Pipedrive says: the phone is too long.",
    });
  });
  test("tells when a CRM's value was kept instead", () => {
    expect(saveWords(contact(link("pipedrive", "synced")), { phone: "+1 202 555 0199" }, false)).toEqual({
      tone: "warning",
      title: "Ada Lovelace was saved",
      description: "Phone was changed in a CRM too, and that value was kept. Both are listed among the conflicts.",
    });
  });
  test("another way of writing the same is no loss", () => {
    expect(saveWords(contact(link("pipedrive", "synced")), { phone: "+1 (202) 555-0100" }, false).tone).toBe("success");
  });
  test("without a CRM there is nothing to add", () => {
    expect(saveWords(contact(), {}, false).description).toBeUndefined();
  });
});
