import { cn } from "@/lib/cn";
import type { Method } from "./openapi";

const tones: Record<Method, string> = {
  get: "bg-busy-soft text-busy-ink",
  post: "bg-good-soft text-good-ink",
  patch: "bg-warn-soft text-warn-ink",
  delete: "bg-bad-soft text-bad-ink",
};

export function MethodBadge({ method }: { method: Method }) {
  return (
    <span className={cn("inline-block w-14 shrink-0 rounded-sm py-0.5 text-center font-mono text-xs font-semibold uppercase", tones[method])}>
      {method}
    </span>
  );
}
