"use client";

import { useSearchParams } from "next/navigation";
import { useCallback } from "react";
import type { Provider } from "@/lib/api-types";

const name = "connect";

/** The CRM whose form is open, kept in the URL so that other pages can lead to it. */
export function useConnectParam(): [string, (provider: Provider | "") => void] {
  const value = useSearchParams().get(name) ?? "";
  const change = useCallback((provider: Provider | "") => {
    const url = new URL(window.location.href);
    if (provider) url.searchParams.set(name, provider);
    else url.searchParams.delete(name);
    if (provider) window.history.pushState(null, "", url);
    else window.history.replaceState(null, "", url);
  }, []);
  return [value, change];
}
