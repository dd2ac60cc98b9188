"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { admit, dismiss, onDismissed, show } from "@/lib/admission";
import { signInHref } from "./sign-in-path";
import { useSession } from "./use-session";

/** Lets in whoever is signed in, and leads everybody else to the sign-in page, from where they come back. */
export function SessionGuard() {
  const router = useRouter();
  const { data: session, error, mutate } = useSession();

  useEffect(
    () =>
      onDismissed(() => {
        router.replace(signInHref(window.location.pathname + window.location.search));
        void mutate();
      }),
    [router, mutate],
  );

  const closed = session?.signedIn === false || error?.code === "unavailable";
  const known = session !== undefined || error !== undefined;
  useEffect(() => {
    if (closed) dismiss();
    else if (session?.signedIn) admit();
    else if (known) show();
  }, [closed, session?.signedIn, known]);

  return null;
}
