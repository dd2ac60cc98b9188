import { CircleAlert, CircleCheck, CircleDashed, RefreshCw, TriangleAlert, type LucideIcon } from "lucide-react";
import type { Tone } from "@/components/ui/status-label";
import type { Connection, SyncStatus } from "@/lib/api-types";
import { isConnected } from "@/features/connections/connection-state";
import { count, formatNumber, listWords } from "@/lib/format";
import { providerName } from "@/lib/names";

export interface Health {
  tone: Tone;
  /** Two or three words, for the sidebar. */
  short: string;
  /** The sentence that says whether everything is fine. */
  title: string;
  /** What it means, or what to do about it. */
  detail: string;
  /** Where it can be looked at. */
  link?: { href: string; label: string };
}

export const toneIcons: Record<Tone, LucideIcon> = {
  good: CircleCheck,
  busy: RefreshCw,
  warn: TriangleAlert,
  bad: CircleAlert,
  quiet: CircleDashed,
};

/** Connections that take part; a disconnected one is nobody's concern. */
function up(status: SyncStatus): Connection[] {
  return status.connections.filter(isConnected);
}

type Rule = (status: SyncStatus) => Health | undefined;

/** The worst thing that holds decides the sentence; rules stand in that order. */
const rules: Rule[] = [nothingConnected, refused, broken, failedRun, running, held, toApprove, failing, throttled, paused, neverSynced, attention, waiting];

export function health(status: SyncStatus): Health {
  for (const rule of rules) {
    const found = rule(status);
    if (found) return found;
  }
  return {
    tone: "good",
    short: "In sync",
    title: "Everything is in sync",
    detail:
      status.contacts === 0
        ? `There are no contacts yet, neither here nor in ${names(up(status))}.`
        : `${count(status.contacts, "contact")} kept equal in ${listWords(["your app", ...up(status).map(({ provider }) => providerName(provider))])}.`,
    link: status.contacts === 0 ? { href: "/contacts", label: "Add some" } : undefined,
  };
}

function names(connections: Connection[]): string {
  return listWords(connections.map((connection) => providerName(connection.provider)));
}

function inState(status: SyncStatus, state: Connection["state"]): Connection[] {
  return status.connections.filter((connection) => connection.state === state);
}

function nothingConnected(status: SyncStatus): Health | undefined {
  if (up(status).length > 0) return undefined;
  return {
    tone: "quiet",
    short: "Not connected",
    title: "No CRM is connected yet",
    detail: "Contacts are kept here until HubSpot or Pipedrive is connected.",
    link: { href: "/connections", label: "Connect one" },
  };
}

function refused(status: SyncStatus): Health | undefined {
  const [first] = inState(status, "unauthorised");
  if (!first) return undefined;
  const name = providerName(first.provider);
  return {
    tone: "bad",
    short: "Needs attention",
    title: `${name} no longer accepts our credentials`,
    detail: first.message ?? `Nothing goes to or from ${name} until they are renewed. What changes meanwhile is kept.`,
    link: { href: `/connections?connect=${first.provider}`, label: "Replace the token" },
  };
}

function broken(status: SyncStatus): Health | undefined {
  const [first] = inState(status, "error");
  if (!first) return undefined;
  const name = providerName(first.provider);
  return {
    tone: "bad",
    short: "Needs attention",
    title: `${name} can't be synced right now`,
    detail: first.message ?? "It is tried again with every run; what changes meanwhile is kept.",
    link: { href: "/connections", label: "See the connection" },
  };
}

function failedRun({ run }: SyncStatus): Health | undefined {
  if (!run || run.dryRun || run.state !== "failed") return undefined;
  return {
    tone: "bad",
    short: "Needs attention",
    title: "The last sync failed",
    detail: run.error ?? "It is tried again with the next scheduled run.",
  };
}

function running({ run, state, pending }: SyncStatus): Health | undefined {
  if (run?.state !== "running" && state !== "running") return undefined;
  return {
    tone: "busy",
    short: "Syncing",
    title: "Syncing now",
    detail: pending > 0 ? `${count(pending, "contact")} still to go.` : "Reading what changed in every CRM.",
  };
}

function held(status: SyncStatus): Health | undefined {
  const first = up(status).find((connection) => connection.held);
  if (!first) return undefined;
  return {
    tone: "warn",
    short: "Needs attention",
    title: `Deletions in ${providerName(first.provider)} wait for you`,
    detail: first.held ?? "",
    link: { href: "/connections", label: "Decide about them" },
  };
}

function toApprove(status: SyncStatus): Health | undefined {
  const connections = inState(status, "waiting");
  if (connections.length === 0) return undefined;
  return {
    tone: "warn",
    short: "To approve",
    title: `The first sync of ${names(connections)} waits for you`,
    detail: "Nothing is written there before you have looked at its plan and approved it.",
    link: { href: "/", label: "See the plan" },
  };
}

function failing({ errors, contacts }: SyncStatus): Health | undefined {
  if (errors === 0) return undefined;
  const others = contacts - errors;
  return {
    tone: "bad",
    short: `${formatNumber(errors)} failing`,
    title: `${count(errors, "contact")} can't be synced`,
    detail: others > 0 ? "All the others are not held up by it." : "Each one shows its reason.",
    link: { href: "/contacts?status=error", label: "See which and why" },
  };
}

function throttled(status: SyncStatus): Health | undefined {
  const [first] = inState(status, "throttled");
  if (!first) return undefined;
  const name = providerName(first.provider);
  return {
    tone: "warn",
    short: "Slowed down",
    title: `${name} asked us to slow down`,
    detail: first.message ?? "The sync goes on by itself as soon as it may.",
  };
}

function paused(status: SyncStatus): Health | undefined {
  const connections = inState(status, "paused");
  if (connections.length === 0) return undefined;
  return {
    tone: "warn",
    short: "Paused",
    title: `${names(connections)} ${connections.length === 1 ? "is" : "are"} paused`,
    detail: "Changes are kept and go out when syncing resumes.",
    link: { href: "/connections", label: "Resume it" },
  };
}

function neverSynced(status: SyncStatus): Health | undefined {
  if (status.lastSuccessAt !== null) return undefined;
  return {
    tone: "quiet",
    short: "Not synced yet",
    title: "Ready for the first sync",
    detail: `It matches contacts by e-mail, links those that exist in more than one place, and fills in what your app or ${names(up(status))} lack.`,
  };
}

function attention({ state }: SyncStatus): Health | undefined {
  if (state !== "attention") return undefined;
  return {
    tone: "warn",
    short: "Needs attention",
    title: "Something needs a look",
    detail: "Syncing goes on; the recent activity below tells what is left over.",
  };
}

function waiting({ pending, run }: SyncStatus): Health | undefined {
  if (pending === 0) return undefined;
  return {
    tone: "busy",
    short: `${formatNumber(pending)} waiting`,
    title: `${count(pending, "contact")} on the way`,
    detail: run?.state === "partial" ? "The sync stopped half-way and goes on by itself." : "The next scheduled run takes care of it; “Sync now” does so at once.",
  };
}
