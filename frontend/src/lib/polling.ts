import { useCallback } from "react";
import { useSWRConfig } from "swr";

/** How much slower a hidden tab asks. */
const hiddenFactor = 10;

/** An interval in ms, stretched while nobody looks at the tab. */
function hiddenAware(interval: number): number {
  return typeof document !== "undefined" && document.visibilityState === "hidden" ? interval * hiddenFactor : interval;
}

/**
 * SWR options for a resource worth asking for again; `interval` gives the pause in ms, from what was last answered.
 * Make them once, outside of components: SWR starts its timer anew for another function, so one made while
 * rendering would put the next request off with every render.
 */
export function every<T>(interval: number | ((data: T | undefined) => number)) {
  return { refreshInterval: (data: T | undefined) => hiddenAware(typeof interval === "number" ? interval : interval(data)) };
}

/** Asks again for every loaded resource under the given paths: the path itself, its sub-paths and any query. */
export function useRevalidate() {
  const { mutate } = useSWRConfig();
  return useCallback(
    (...prefixes: string[]) => mutate((key) => typeof key === "string" && prefixes.some((prefix) => under(key, prefix))),
    [mutate],
  );
}

export function under(key: string, prefix: string): boolean {
  return key === prefix || key.startsWith(`${prefix}/`) || key.startsWith(`${prefix}?`);
}
