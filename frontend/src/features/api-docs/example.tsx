import { ChevronRight } from "lucide-react";
import { CopyButton } from "@/components/ui/copy-button";

/** A piece of code, to be opened and copied. */
export function Example({ title, text }: { title: string; text: string }) {
  return (
    <details className="group rounded-lg border bg-subtle/60">
      <summary className="flex h-9 cursor-pointer items-center gap-2 rounded-lg px-3.5 text-sm font-medium text-ink-2 select-none marker:content-none hover:text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="-ml-0.5 size-4 text-ink-3 transition-transform group-open:rotate-90" />
        {title}
      </summary>
      <div className="relative border-t">
        <div className="absolute top-1 right-1">
          <CopyButton text={text} label={`Copy: ${title}`} />
        </div>
        <pre tabIndex={0} className="max-h-96 overflow-auto px-3.5 py-3 pr-10 font-mono text-sm leading-5">
          {text}
        </pre>
      </div>
    </details>
  );
}

export function asText(example: unknown): string {
  return typeof example === "string" ? example : JSON.stringify(example, null, 2);
}
