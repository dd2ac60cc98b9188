"use client";

import { Toaster } from "sonner";
import { SWRConfig } from "swr";
import { asApiError, fetcher } from "@/lib/api";

/** Only answers that may differ next time are worth asking for again. */
function worthRetrying(error: unknown): boolean {
  const { status } = asApiError(error);
  return status === 0 || status === 429 || status >= 500;
}

export function Providers({ children }: { children: React.ReactNode }) {
  return (
    <SWRConfig
      value={{ fetcher, keepPreviousData: true, refreshWhenHidden: true, shouldRetryOnError: worthRetrying, errorRetryInterval: 3_000 }}
    >
      {children}
      <Toaster
        position="bottom-left"
        offset={{ left: "16.5rem", bottom: "1.5rem" }}
        mobileOffset={{ bottom: "5rem" }}
        toastOptions={{
          classNames: {
            toast: "!rounded-lg !border-line !bg-surface !text-ink !shadow-float !font-sans",
            description: "!text-ink-2",
            success: "[&_[data-icon]]:!text-good",
            warning: "[&_[data-icon]]:!text-warn",
            error: "[&_[data-icon]]:!text-bad",
            actionButton: "!bg-action !text-on-action",
          },
        }}
      />
    </SWRConfig>
  );
}
