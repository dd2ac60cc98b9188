import Link from "next/link";
import { cn } from "@/lib/cn";

export function Brand() {
  return (
    <Link href="/" prefetch={false} className="flex items-center gap-2.5 rounded-md font-semibold tracking-tight">
      <Mark />
      Contact Sync
    </Link>
  );
}

/** Three sides that meet: the product's mark, the same drawing as the favicon. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className={cn("size-6", className)}>
      <rect width="32" height="32" rx="8" className="fill-brand" />
      <path d="M16 9.5v7m0 0-6 4.8m6-4.8 6 4.8" fill="none" stroke="white" strokeWidth="2.2" strokeLinecap="round" />
      <g fill="white">
        <circle cx="16" cy="9" r="3.2" />
        <circle cx="9.6" cy="21.8" r="3.2" />
        <circle cx="22.4" cy="21.8" r="3.2" />
      </g>
    </svg>
  );
}
