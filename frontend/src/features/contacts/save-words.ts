import type { Contact, ContactInput } from "@/lib/api-types";
import { listWords } from "@/lib/format";
import { contactFields, contactName, fieldName, providerName } from "@/lib/names";

export interface SaveWords {
  tone: "success" | "warning";
  title: string;
  description?: string;
}

/** What became of a saved contact, CRM by CRM; `sent` is what the person asked for. */
export function saveWords(contact: Contact, sent: ContactInput, created: boolean): SaveWords {
  const title = `${contactName(contact)} was ${created ? "created" : "saved"}`;
  const refused = contact.links.filter((link) => link.syncStatus === "error");
  if (refused.length > 0) {
    const reasons = refused.map((link) => link.error ?? `${providerName(link.provider)} did not accept it.`);
    return { tone: "warning", title, description: reasons.join(" ") };
  }
  const lost = [
    ...contactFields.filter((field) => isLost(sent[field], contact[field])),
    ...Object.entries(sent.custom ?? {}).flatMap(([field, value]) => (isLost(value, contact.custom[field]) ? [field] : [])),
  ];
  if (lost.length > 0) {
    return {
      tone: "warning",
      title,
      description: `${listWords(lost.map(fieldName))} was changed in a CRM too, and that value was kept. Both are listed among the conflicts.`,
    };
  }
  const there = named(contact, "synced");
  const waiting = named(contact, "pending");
  const parts = [there && `Sent to ${there}.`, waiting && `On its way to ${waiting}.`].filter(Boolean);
  return { tone: "success", title, description: parts.join(" ") || undefined };
}

function named(contact: Contact, status: "synced" | "pending"): string {
  return listWords(contact.links.filter((link) => link.syncStatus === status).map((link) => providerName(link.provider)));
}

function isLost(sent: string | null | undefined, kept = ""): boolean {
  return typeof sent === "string" && !alike(sent, kept);
}

/** Whether two values differ at most in how they are written: case, spaces, punctuation. */
function alike(a: string, b: string): boolean {
  const bare = (value: string) => value.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
  return bare(a) === bare(b);
}
