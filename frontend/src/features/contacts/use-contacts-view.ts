"use client";

import { useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";
import { changeView, parseView, viewHref, type ContactsView } from "./view";

export type UpdateView = (change: Partial<ContactsView>, how?: "push" | "replace") => void;

/** The view in the URL. Changing it touches history only: nothing is fetched for the address itself. */
export function useContactsView(): [ContactsView, UpdateView] {
  const params = useSearchParams();
  const view = useMemo(() => parseView(new URLSearchParams(params)), [params]);
  const update = useCallback<UpdateView>((change, how = "push") => {
    const current = parseView(new URLSearchParams(window.location.search));
    const href = viewHref(changeView(current, change));
    if (how === "push") window.history.pushState(null, "", href);
    else window.history.replaceState(null, "", href);
  }, []);
  return [view, update];
}
