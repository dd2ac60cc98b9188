import type { Run } from "@/lib/api-types";

export interface RunPort {
  /** Starts a run, or goes on with a partial one; answers after the server's time budget. */
  post(): Promise<Run>;
  /** The same run as it stands now. */
  look(id: string): Promise<Run>;
  wait(ms: number): Promise<void>;
}

/** After this many answers without progress the rest is left to the schedule: a CRM has asked us to wait. */
const patience = 5;
const askAgain = 1_000;
const firstPause = 500;

/**
 * Carries a run to its end: repeats the request while the answer is partial, waits while another request works
 * on the same run. Returns the last state seen, which is partial when the run stopped moving.
 */
export async function driveRun(port: RunPort): Promise<Run> {
  let stalled = 0;
  let before = "";
  for (;;) {
    const run = await settled(await port.post(), port);
    if (run.state !== "partial") return run;
    const now = `${run.id} ${run.progress.phase} ${run.progress.done}`;
    stalled = now === before ? stalled + 1 : 0;
    if (stalled >= patience) return run;
    before = now;
    if (stalled > 0) await port.wait(firstPause * 2 ** stalled);
  }
}

async function settled(run: Run, port: RunPort): Promise<Run> {
  while (run.state === "running") {
    await port.wait(askAgain);
    run = await port.look(run.id);
  }
  return run;
}
