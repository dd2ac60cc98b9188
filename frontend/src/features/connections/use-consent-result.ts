import { useSearchParams } from "next/navigation";
import { useCallback } from "react";
import type { Provider } from "@/lib/api-types";

/** How a visit to a CRM's consent page ended. */
export interface ConsentResult {
  provider: Provider;
  /** Why it was not connected; absent: it was. */
  reason?: string;
}

/** What the address says about the consent page a person comes back from, and how to forget it. */
export function useConsentResult(): [ConsentResult | undefined, () => void] {
  const params = useSearchParams();
  const forget = useCallback(() => {
    const url = new URL(window.location.href);
    for (const name of ["connected", "failed", "reason"]) url.searchParams.delete(name);
    window.history.replaceState(null, "", url);
  }, []);
  return [consentResult(params), forget];
}

export function consentResult(params: URLSearchParams): ConsentResult | undefined {
  const connected = params.get("connected");
  if (isProvider(connected)) return { provider: connected };
  const failed = params.get("failed");
  return isProvider(failed) ? { provider: failed, reason: params.get("reason") ?? "" } : undefined;
}

function isProvider(name: string | null): name is Provider {
  return name === "hubspot" || name === "pipedrive";
}
