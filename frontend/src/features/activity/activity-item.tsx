import {
  CircleAlert,
  CirclePlus,
  Eraser,
  GitCompareArrows,
  Link2,
  Merge,
  Pencil,
  RefreshCw,
  SearchCheck,
  Settings2,
  ShieldAlert,
  SkipForward,
  Trash2,
  Undo2,
  type LucideIcon,
} from "lucide-react";
import Link from "next/link";
import { Fragment } from "react";
import { RelativeTime } from "@/components/ui/relative-time";
import { useFieldName } from "@/features/settings/use-settings";
import { cn } from "@/lib/cn";
import type { ActivityEntry, ActivityOp } from "@/lib/api-types";
import { listWords } from "@/lib/format";
import { providerName } from "@/lib/names";

const icons: Record<ActivityOp, LucideIcon> = {
  created: CirclePlus,
  updated: Pencil,
  deleted: Trash2,
  linked: Link2,
  merged: Merge,
  conflict: GitCompareArrows,
  error: CircleAlert,
  skipped: SkipForward,
  setup: Settings2,
  run: RefreshCw,
  restored: Undo2,
  erased: Eraser,
  review: SearchCheck,
  brake: ShieldAlert,
};

const levels = { info: "text-ink-3", warn: "text-warn-ink", error: "text-bad-ink" };

export function ActivityItem({ entry }: { entry: ActivityEntry }) {
  const Icon = icons[entry.op] ?? RefreshCw;
  return (
    <li className="flex items-start gap-3 px-4 py-2.5">
      <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", levels[entry.level])} />
      <div className="min-w-0 flex-1">
        <p className="text-pretty">
          {entry.level === "error" && <span className="font-medium text-bad-ink">Error: </span>}
          {entry.level === "warn" && <span className="font-medium text-warn-ink">Notice: </span>}
          {entry.message}
        </p>
        <Context entry={entry} />
      </div>
      <RelativeTime at={entry.at} className="mt-px shrink-0 text-sm text-ink-3" />
    </li>
  );
}

/** Whom and what the entry is about, as far as its message does not say it. */
function Context({ entry }: { entry: ActivityEntry }) {
  const fieldName = useFieldName();
  const said = (words: string) => entry.message.toLowerCase().includes(words.toLowerCase());
  const fields = entry.op === "created" ? [] : (entry.fields ?? []).map(fieldName).filter((name) => !said(name));
  const parts = [
    entry.contactId && (
      <Link key="contact" href={`/contacts?contact=${entry.contactId}`} className="rounded-sm hover:text-ink hover:underline">
        {entry.contactName || "Contact"}
      </Link>
    ),
    entry.provider && !said(providerName(entry.provider)) && <span key="provider">{providerName(entry.provider)}</span>,
    fields.length > 0 && <span key="fields">{listWords(fields)}</span>,
  ].filter(Boolean);
  if (parts.length === 0) return null;
  return (
    <p className="text-sm text-ink-2">
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index > 0 && <span aria-hidden> · </span>}
          {part}
        </Fragment>
      ))}
    </p>
  );
}
