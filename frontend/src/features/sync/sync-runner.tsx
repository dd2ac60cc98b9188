"use client";

import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { toast } from "sonner";
import { api, asApiError } from "@/lib/api";
import type { Run } from "@/lib/api-types";
import { useRevalidate } from "@/lib/polling";
import { driveRun } from "./drive-run";
import { runResult } from "./run-words";
import { syncPath, useSyncStatus } from "./use-sync-status";

interface Runner {
  /** Whether this tab is carrying a run to its end. */
  driving: boolean;
  start(): void;
}

const Context = createContext<Runner>({ driving: false, start: () => {} });

/** Names the run that this tab is driving, so that a reload goes on with it. */
const marker = "contact-sync.driving";
const watchEvery = 700;
const whatRunsChange = ["/api/contacts", "/api/conflicts", "/api/activity", "/api/setup", "/api/connections", "/api/settings"];

export const useSyncRunner = () => useContext(Context);

/** Keeps a run going while people move between pages. */
export function SyncRunner({ children }: { children: React.ReactNode }) {
  const [driving, setDriving] = useState(false);
  const busy = useRef(false);
  const revalidate = useRevalidate();
  const { data: status } = useSyncStatus();

  const start = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    setDriving(true);
    const watch = setInterval(() => void revalidate(syncPath), watchEvery);
    try {
      report(await driveRun({ post, look, wait }));
    } catch (error) {
      toast.error("The sync could not run", { description: asApiError(error).message });
    } finally {
      clearInterval(watch);
      busy.current = false;
      sessionStorage.removeItem(marker);
      setDriving(false);
      void revalidate(syncPath, ...whatRunsChange);
    }
  }, [revalidate]);

  const current = status?.run;
  useEffect(() => {
    if (!current || current.dryRun) return;
    const unfinished = current.state === "running" || current.state === "partial";
    if (busy.current) {
      if (unfinished) sessionStorage.setItem(marker, current.id);
    } else if (unfinished && sessionStorage.getItem(marker) === current.id) {
      void start();
    }
  }, [current, start]);

  const runner = useMemo(() => ({ driving, start: () => void start() }), [driving, start]);
  return <Context value={runner}>{children}</Context>;
}

const post = () => api<Run>(syncPath, { method: "POST", body: {} });
const look = (id: string) => api<Run>(`${syncPath}/${encodeURIComponent(id)}`);
const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

function report(run: Run) {
  const { title, detail } = runResult(run);
  const show = run.state === "failed" ? toast.error : run.state === "partial" || run.counts.errors > 0 ? toast.warning : toast.success;
  show(title, { description: detail });
}
