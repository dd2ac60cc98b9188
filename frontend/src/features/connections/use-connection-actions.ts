import { useState } from "react";
import { toast } from "sonner";
import { useSyncRunner } from "@/features/sync/sync-runner";
import { api, asApiError } from "@/lib/api";
import type { Connection, Provider } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { useRevalidate } from "@/lib/polling";
import { testWords } from "./test-words";
import { connectionPath, connectionsPath } from "./use-connections";

export type ConnectionAction = "test" | "pause" | "resume" | "confirm" | "disconnect";

/** Everything that is done to a connection that exists; each says how it ended. */
export function useConnectionActions(provider: Provider) {
  const [doing, setDoing] = useState<ConnectionAction>();
  const revalidate = useRevalidate();
  const { start } = useSyncRunner();
  const name = providerName(provider);

  async function run(action: ConnectionAction, work: () => Promise<void>) {
    if (doing) return;
    setDoing(action);
    try {
      await work();
    } catch (error) {
      toast.error(failures[action](name), { description: asApiError(error).message });
    } finally {
      await revalidate(connectionsPath, "/api/sync", "/api/setup", "/api/settings");
      setDoing(undefined);
    }
  }

  const change = (action: Exclude<ConnectionAction, "disconnect">) =>
    api<Connection>(connectionPath(provider), { method: "PATCH", body: { action } });

  return {
    doing,
    test: () =>
      run("test", async () => {
        const { tone, title, description } = testWords(await change("test"));
        toast[tone](title, { description });
      }),
    pause: () =>
      run("pause", async () => {
        await change("pause");
        toast.success(`${name} is paused`, { description: "Nothing goes to or from it until you resume. Edits are kept and go out then." });
      }),
    resume: () =>
      run("resume", async () => {
        await change("resume");
        toast.success(`${name} goes on`, { description: "A sync finds what happened in the meantime." });
        start();
      }),
    confirm: () =>
      run("confirm", async () => {
        await change("confirm");
        toast.success("The deletions pass", { description: `A sync follows what was deleted in ${name}.` });
        start();
      }),
    disconnect: () =>
      run("disconnect", async () => {
        await api<void>(connectionPath(provider), { method: "DELETE" });
        toast.success(`${name} is disconnected`, { description: "Its contacts and links are kept." });
      }),
  };
}

const failures: Record<ConnectionAction, (name: string) => string> = {
  test: (name) => `${name} could not be tested`,
  pause: (name) => `${name} could not be paused`,
  resume: (name) => `${name} could not be resumed`,
  confirm: (name) => `The deletions from ${name} are still held`,
  disconnect: (name) => `${name} could not be disconnected`,
};
