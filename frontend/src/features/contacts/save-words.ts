import type { Contact } from "@/lib/api-types";
import { listWords } from "@/lib/format";
import { contactName, providerName } from "@/lib/names";

/** What became of a saved contact, CRM by CRM. */
export function saveWords(contact: Contact, created: boolean): { tone: "success" | "warning"; title: string; description?: string } {
  const title = `${contactName(contact)} was ${created ? "created" : "saved"}`;
  const refused = contact.links.filter((link) => link.syncStatus === "error");
  const first = refused[0];
  if (first) {
    return {
      tone: "warning",
      title,
      description: `${listWords(refused.map((link) => providerName(link.provider)))} did not take it${first.error ? `: ${first.error}` : "."}`,
    };
  }
  const there = contact.links.filter((link) => link.syncStatus === "synced").map((link) => providerName(link.provider));
  const waiting = contact.links.filter((link) => link.syncStatus === "pending").map((link) => providerName(link.provider));
  const parts = [
    there.length > 0 && `Sent to ${listWords(there)}.`,
    waiting.length > 0 && `On its way to ${listWords(waiting)}.`,
  ].filter(Boolean);
  return { tone: "success", title, description: parts.join(" ") || undefined };
}
