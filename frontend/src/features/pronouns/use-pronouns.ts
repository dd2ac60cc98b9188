import { useState } from "react";
import { toast } from "sonner";
import useSWR, { useSWRConfig } from "swr";
import { api, asApiError, type ApiError } from "@/lib/api";
import type { PronounsSetup } from "@/lib/api-types";
import { listWords } from "@/lib/format";
import { providerName } from "@/lib/names";
import { every, useRevalidate } from "@/lib/polling";

const path = "/api/setup/pronouns";
const refresh = every<PronounsSetup>((setup) => (setup?.ready ? 300_000 : 60_000));

/** Whether the field exists in every connected CRM, and the one click that creates it. */
export function usePronouns() {
  const { data, mutate } = useSWR<PronounsSetup, ApiError>(path, refresh);
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const revalidate = useRevalidate();

  async function setUp() {
    setWorking(true);
    setProblem(undefined);
    try {
      const result = await api<PronounsSetup>(path, { method: "POST" });
      if (result.ready) announce(result);
      await mutate(result, { revalidate: false });
      void revalidate("/api/activity", "/api/sync");
    } catch (error) {
      setProblem(asApiError(error).message);
    } finally {
      setWorking(false);
    }
  }

  return { setup: data, working, problem, setUp };
}

/** Asks for the state of the field now, for those who changed something about it. */
export function useRefreshPronouns() {
  const { mutate } = useSWRConfig();
  return () => mutate<PronounsSetup>(path, api<PronounsSetup>(path), { revalidate: false });
}

export const bannerId = "pronouns-banner";

/** Brings the banner into sight, ready to be pressed. */
export function showPronounsBanner() {
  document.getElementById(bannerId)?.scrollIntoView({ block: "nearest" });
  document.querySelector<HTMLButtonElement>(`#${bannerId} button`)?.focus();
}

function announce(setup: PronounsSetup) {
  const where = setup.fields.filter((field) => field.state === "present").map((field) => providerName(field.provider));
  toast.success("Pronouns are set up", { description: `The field exists in ${listWords([...new Set(where)])}. It is part of every sync from now on.` });
}
