import { useEffect, useState } from "react";
import { api, asApiError, sessionPath } from "@/lib/api";
import type { Session } from "@/lib/api-types";
import { signInProblem, type SignInProblem } from "./sign-in-problem";

/** Tries a password; after too many wrong ones it takes no more until the server does. */
export function useSignIn(onSignedIn: () => void) {
  const [problem, setProblem] = useState<SignInProblem>();
  const [busy, setBusy] = useState(false);
  const until = problem?.until;

  useEffect(() => {
    if (!until) return;
    const timer = setTimeout(() => setProblem(undefined), Math.max(0, until.getTime() - Date.now()));
    return () => clearTimeout(timer);
  }, [until]);

  async function signIn(password: string) {
    if (password === "") return setProblem({ field: "Enter the password." });
    setBusy(true);
    setProblem(undefined);
    try {
      await api<Session>(sessionPath, { method: "POST", body: { password } });
      onSignedIn();
    } catch (error) {
      setProblem(signInProblem(asApiError(error)));
      setBusy(false);
    }
  }

  return { problem, busy, locked: until !== undefined, signIn, clear: () => !until && setProblem(undefined) };
}
