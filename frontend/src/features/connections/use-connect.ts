import { useState } from "react";
import { toast } from "sonner";
import { showPronounsBanner, useRefreshPronouns } from "@/features/pronouns/use-pronouns";
import { useSyncRunner } from "@/features/sync/sync-runner";
import { api, asApiError } from "@/lib/api";
import type { Authorization, Connection, Provider } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { useRevalidate } from "@/lib/polling";
import { connectionsPath } from "./use-connections";

export interface ConnectProblem {
  /** What is wrong with the token. */
  token?: string;
  /** What is wrong apart from it. */
  message?: string;
}

/** Connects a CRM, with a token, with the deployment's, or through its consent page, and begins to sync it. */
export function useConnect(provider: Provider) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ConnectProblem>();
  const revalidate = useRevalidate();
  const { start } = useSyncRunner();
  const refreshPronouns = useRefreshPronouns();

  /** Whether it is connected now. */
  async function connect(token?: string): Promise<boolean> {
    setBusy(true);
    setProblem(undefined);
    try {
      await api<Connection>(connectionsPath, { method: "POST", body: token === undefined ? { provider } : { provider, token: token.trim() } });
    } catch (error) {
      const { status, message, details } = asApiError(error);
      setProblem(status === 422 && details.token ? { token: details.token } : { message });
      return false;
    } finally {
      setBusy(false);
    }
    await begin();
    return true;
  }

  /** Leaves for the CRM's consent page, which leads back here. */
  async function agree(): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      const { authorizeUrl } = await api<Authorization>(connectionsPath, { method: "POST", body: { provider, method: "oauth" } });
      window.location.assign(authorizeUrl);
    } catch (error) {
      setProblem({ message: asApiError(error).message });
      setBusy(false);
    }
  }

  /** What follows when it has just been connected. */
  async function begin() {
    await revalidate(connectionsPath, "/api/settings");
    start();
    void announce();
  }

  async function announce() {
    const setup = await refreshPronouns().catch(() => undefined);
    const open = setup?.fields.some((field) => field.provider === provider && field.state !== "present");
    toast.success(`${providerName(provider)} is connected`, {
      description: open ? "A sync has begun. One thing is left: its pronouns field. The banner at the top adds it." : "A sync has begun.",
      action: open ? { label: "Show me", onClick: showPronounsBanner } : undefined,
      duration: open ? 12_000 : undefined,
    });
  }

  return { busy, problem, connect, agree, begin, clear: () => setProblem(undefined) };
}
