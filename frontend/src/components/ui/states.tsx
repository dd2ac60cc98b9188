"use client";

import { RotateCw, ServerCrash, type LucideIcon } from "lucide-react";
import { Button } from "./button";
import { cn } from "@/lib/cn";
import type { ApiError } from "@/lib/api";

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: React.ReactNode;
  /** What to do next. */
  actions?: React.ReactNode;
  compact?: boolean;
}

export function EmptyState({ icon: Icon, title, children, actions, compact }: EmptyProps) {
  return (
    <div className={cn("flex flex-col items-center px-6 text-center", compact ? "py-10" : "py-20")}>
      <span className="mb-4 grid size-10 place-items-center rounded-lg border bg-subtle text-ink-3">
        <Icon aria-hidden className="size-5" strokeWidth={1.75} />
      </span>
      <p className="text-lg font-semibold">{title}</p>
      {children && <p className="mt-1 max-w-sm text-base text-pretty text-ink-2">{children}</p>}
      {actions && <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}

interface ErrorProps {
  title: string;
  error: ApiError;
  onRetry(): void;
  compact?: boolean;
}

export function ErrorState({ title, error, onRetry, compact }: ErrorProps) {
  return (
    <div role="alert">
      <EmptyState
        compact={compact}
        icon={ServerCrash}
        title={title}
        actions={
          <Button onClick={onRetry}>
            <RotateCw aria-hidden />
            Try again
          </Button>
        }
      >
        {error.message}
        {error.requestId && <span className="mt-2 block text-sm text-ink-3">Request {error.requestId}</span>}
      </EmptyState>
    </div>
  );
}

/** What was loaded before is still shown, but could not be refreshed. */
export function StaleNotice({ error, onRetry }: { error: ApiError; onRetry(): void }) {
  return (
    <div role="status" className="mb-4 flex items-center gap-3 rounded-lg bg-warn-soft px-3.5 py-2 text-sm text-warn-ink">
      <span className="min-w-0 flex-1">Not up to date: {error.message}</span>
      <Button size="sm" variant="ghost" className="text-warn-ink" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
