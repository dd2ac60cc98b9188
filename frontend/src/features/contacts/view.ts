import type { ContactStatus, Provider } from "@/lib/api-types";
import { providers } from "@/lib/names";

/** What the contacts page shows. All of it is in the URL, so a view can be reloaded, shared and gone back to. */
export interface ContactsView {
  q: string;
  status: ContactStatus | "";
  provider: Provider | "";
  sort: Sort;
  /** Page number for people; the cursor is what the server needs to find it. */
  page: number;
  cursor: string;
  /** A contact's id, "new", or "". */
  contact: string;
  importing: boolean;
}

export type SortKey = "name" | "email" | "updatedAt" | "createdAt" | "status";
export type Sort = SortKey | `-${SortKey}`;

export const pageSize = 50;
export const newContact = "new";

const sortKeys: readonly SortKey[] = ["name", "email", "updatedAt", "createdAt", "status"];
const statuses: readonly ContactStatus[] = ["synced", "syncing", "local_only", "error", "conflict"];
const defaultSort: Sort = "name";

export function parseView(params: URLSearchParams): ContactsView {
  const cursor = params.get("cursor") ?? "";
  const page = Number(params.get("page") ?? 1);
  return {
    q: params.get("q") ?? "",
    status: oneOf(statuses, params.get("status")) ?? "",
    provider: oneOf(providers, params.get("provider")) ?? "",
    sort: parseSort(params.get("sort")),
    page: cursor && Number.isInteger(page) && page > 1 ? page : 1,
    cursor,
    contact: params.get("contact") ?? "",
    importing: params.has("import"),
  };
}

/** The address of a view, leaving out whatever is as usual. */
export function viewHref(view: ContactsView): string {
  const params = new URLSearchParams(filterParams(view));
  if (view.cursor) {
    params.set("page", String(view.page));
    params.set("cursor", view.cursor);
  }
  if (view.contact) params.set("contact", view.contact);
  if (view.importing) params.set("import", "1");
  const query = params.toString();
  return query ? `/contacts?${query}` : "/contacts";
}

/** The request that lists a view. */
export function listPath(view: ContactsView): string {
  const params = new URLSearchParams(filterParams(view));
  params.set("limit", String(pageSize));
  if (view.cursor) params.set("cursor", view.cursor);
  return `/api/contacts?${params}`;
}

/** A change of what is listed starts again at the first page. */
export function changeView(view: ContactsView, change: Partial<ContactsView>): ContactsView {
  const relists = "q" in change || "status" in change || "provider" in change || "sort" in change;
  return { ...view, ...(relists && { page: 1, cursor: "" }), ...change };
}

export function isFiltered(view: ContactsView): boolean {
  return view.q !== "" || view.status !== "" || view.provider !== "";
}

/** Pressing a column's header: ascending first, then descending. */
export function toggleSort(current: Sort, key: SortKey): Sort {
  return current === key ? `-${key}` : key;
}

export function sortDirection(sort: Sort, key: SortKey): "ascending" | "descending" | "none" {
  if (sort === key) return "ascending";
  return sort === `-${key}` ? "descending" : "none";
}

function filterParams({ q, status, provider, sort }: ContactsView): Record<string, string> {
  return {
    ...(q && { q }),
    ...(status && { status }),
    ...(provider && { provider }),
    ...(sort !== defaultSort && { sort }),
  };
}

function parseSort(value: string | null): Sort {
  const key = oneOf(sortKeys, value?.replace(/^-/, "") ?? null);
  if (!key) return defaultSort;
  return value?.startsWith("-") ? `-${key}` : key;
}

function oneOf<T extends string>(allowed: readonly T[], value: string | null): T | undefined {
  return allowed.find((candidate) => candidate === value);
}
