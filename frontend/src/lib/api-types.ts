/** Shapes of the HTTP API. Times are RFC 3339 in UTC. */

export type Provider = "hubspot" | "pipedrive" | (string & {});

export type ContactStatus = "synced" | "syncing" | "local_only" | "error" | "conflict";
export type LinkStatus = "synced" | "pending" | "error" | "conflict" | "unlinked";

export interface ContactFields {
  email: string;
  firstName: string;
  lastName: string;
  phone: string;
  company: string;
  jobTitle: string;
  pronouns: string;
}

export type ContactField = keyof ContactFields;

export interface ContactLink {
  provider: Provider;
  externalId: string;
  state: "active" | "creating" | "missing" | "review" | "detached";
  syncStatus: LinkStatus;
  lastSyncedAt: string | null;
  url?: string;
  error?: string;
}

export interface Contact extends ContactFields {
  id: string;
  customerId: string;
  custom: Record<string, string>;
  rev: number;
  status: ContactStatus;
  createdAt: string;
  updatedAt: string;
  lastAppModified: string | null;
  syncedToCRMs: Provider[];
  links: ContactLink[];
}

export interface ContactPage {
  contacts: Contact[];
  nextCursor: string | null;
  total: number;
}

export interface ImportResult {
  runId: string;
  created: number;
  updated: number;
  unchanged: number;
  rejected: RejectedLine[];
}

export interface RejectedLine {
  line: number;
  message: string;
}

export type ConnectionState = "active" | "paused" | "unauthorised" | "throttled" | "error" | "new";

export interface Budget {
  used: number;
  limit: number;
  windowSeconds: number;
}

export interface Connection {
  provider: Provider;
  state: ConnectionState;
  message?: string;
  lastSuccessAt: string | null;
  lagSeconds: number | null;
  pending: number;
  errors: number;
  linked: number;
  budget: Budget | null;
  url?: string;
}

export interface RunCounts {
  pulled: number;
  created: number;
  updated: number;
  deleted: number;
  linked: number;
  conflicts: number;
  unchanged: number;
  errors: number;
}

export interface Run {
  id: string;
  kind: "full" | "incremental" | "import" | "event";
  dryRun: boolean;
  state: "running" | "done" | "partial" | "failed";
  startedAt: string;
  finishedAt?: string | null;
  progress: { done: number; total?: number; phase: string };
  counts: RunCounts;
  calls: Record<string, number>;
  details: Record<string, RunCounts>;
  error?: string;
}

export interface SyncStatus {
  state: "idle" | "running" | "attention";
  lastSuccessAt: string | null;
  pending: number;
  errors: number;
  conflicts: number;
  contacts: number;
  connections: Connection[];
  run?: Run;
}

export type PronounsState = "present" | "missing" | "ambiguous" | "forbidden" | "unreachable" | "not_connected";

export interface PronounsField {
  provider: Provider;
  field: string;
  state: PronounsState;
  fieldKey?: string;
  message?: string;
}

export interface PronounsSetup {
  fields: PronounsField[];
  ready: boolean;
}

export type ConflictSource = "app" | Provider;

export interface Conflict {
  id: string;
  contactId: string;
  contactName: string;
  field: string;
  base: string;
  values: { source: ConflictSource; value: string; at: string | null }[];
  winner: ConflictSource;
  rule: string;
  at: string;
  state: "decided" | "overridden";
}

export interface ConflictPage {
  conflicts: Conflict[];
  nextCursor: string | null;
  total: number;
}

export type ActivityOp =
  | "created"
  | "updated"
  | "deleted"
  | "linked"
  | "conflict"
  | "error"
  | "skipped"
  | "setup"
  | "run"
  | "restored"
  | "review";

export interface ActivityEntry {
  id: string;
  at: string;
  level: "info" | "warn" | "error";
  runId?: string;
  contactId?: string;
  contactName?: string;
  provider?: Provider;
  op: ActivityOp;
  direction: "in" | "out" | "app";
  message: string;
  fields?: string[];
}

export interface ActivityPage {
  entries: ActivityEntry[];
  nextCursor: string | null;
}
