"use client";

import { Suspense, useState } from "react";

/** Mounts its children when they are first opened, so that their code can be fetched then, and keeps them for the way out. */
export function OnceOpen({ open, children }: { open: boolean; children: React.ReactNode }) {
  const [opened, setOpened] = useState(open);
  if (open && !opened) setOpened(true);
  return opened ? <Suspense>{children}</Suspense> : null;
}
