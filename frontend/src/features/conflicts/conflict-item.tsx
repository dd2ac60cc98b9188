import { Check } from "lucide-react";
import Link from "next/link";
import { Button } from "@/components/ui/button";
import { ProviderMark } from "@/components/ui/provider-mark";
import { RelativeTime } from "@/components/ui/relative-time";
import { cn } from "@/lib/cn";
import { useFieldName } from "@/features/settings/use-settings";
import type { Conflict } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { decision, standing } from "./rule-words";
import { useChoose } from "./use-choose";

export function ConflictItem({ conflict }: { conflict: Conflict }) {
  const fieldName = useFieldName();
  const { choosing, choose } = useChoose(conflict);
  return (
    <li className="px-4 py-3">
      <div className="flex items-baseline justify-between gap-3">
        <p className="min-w-0 truncate">
          <Link href={`/contacts?contact=${conflict.contactId}`} className="rounded-sm font-medium hover:underline">
            {conflict.contactName}
          </Link>
          <span className="text-ink-2"> · {fieldName(conflict.field)}</span>
        </p>
        <RelativeTime at={conflict.at} className="shrink-0 text-sm text-ink-3" />
      </div>
      <ul className="mt-2 space-y-1">
        {conflict.values.map((value) => {
          const stands = standing(conflict, value);
          return (
            <li key={`${value.source} ${value.value}`} className="flex min-h-7 items-center gap-2 text-sm">
              <ProviderMark provider={value.source} />
              <span className="w-20 shrink-0 text-ink-2">{providerName(value.source)}</span>
              <span
                className={cn(
                  "min-w-0 flex-1 truncate",
                  stands === "kept" && "font-medium",
                  stands === "replaced" && "text-ink-3 line-through decoration-ink-3/60",
                )}
                title={value.at ?? undefined}
              >
                {value.value || "blank"}
              </span>
              {stands === "kept" && (
                <span className="inline-flex items-center gap-1 text-good-ink">
                  <Check aria-hidden className="size-3.5" strokeWidth={2.5} />
                  kept
                </span>
              )}
              {stands !== "kept" && conflict.state !== "superseded" && (
                <Button
                  size="sm"
                  variant={stands === "open" ? "outline" : "ghost"}
                  busy={choosing === value}
                  onClick={() => void choose(value)}
                  aria-label={`Use ${providerName(value.source)}’s value, ${value.value || "blank"}`}
                >
                  Use this
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      <p className="mt-2 text-sm text-ink-3">
        {decision(conflict)}. Before it was {conflict.base ? `“${conflict.base}”` : "blank"}.
      </p>
    </li>
  );
}
