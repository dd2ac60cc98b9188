"use client";

import { Button } from "@/components/ui/button";
import { count as countWords } from "@/lib/format";

interface Props {
  count: number;
  saving: boolean;
  onSave(): void;
  onReset(): void;
}

/** Stays in sight while there is something to save. */
export function SaveBar({ count, saving, onSave, onReset }: Props) {
  if (count === 0) return null;
  return (
    <section
      aria-label="Unsaved changes"
      className="sticky bottom-[calc(4.5rem+env(safe-area-inset-bottom))] z-20 flex items-center gap-2 rounded-lg bg-surface px-4 py-3 shadow-float duration-200 animate-in fade-in-0 slide-in-from-bottom-2 md:bottom-4"
    >
      <p className="min-w-0 flex-1 font-medium" aria-live="polite">
        {countWords(count, "unsaved change")}
      </p>
      <Button variant="ghost" disabled={saving} onClick={onReset}>
        Reset
      </Button>
      <Button variant="primary" busy={saving} onClick={onSave}>
        Save
      </Button>
    </section>
  );
}
