"use client";

import { ErrorState } from "@/components/ui/states";
import { asApiError } from "@/lib/api";

export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  return <ErrorState title="This page stopped working" error={asApiError(error)} onRetry={reset} />;
}
