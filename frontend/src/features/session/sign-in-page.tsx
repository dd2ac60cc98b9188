"use client";

import { useEffect } from "react";
import { Mark } from "@/components/shell/brand";
import { ThemeToggle } from "@/components/shell/theme-toggle";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { admit } from "@/lib/admission";
import type { ApiError } from "@/lib/api";
import { SignInForm } from "./sign-in-form";
import { nextPath } from "./sign-in-path";
import { useSession } from "./use-session";

/** The one page for people who are signed out. */
export function SignInPage() {
  const { data: session, error, mutate } = useSession();
  const signedIn = session?.signedIn === true;
  useEffect(() => {
    if (signedIn) enter();
  }, [signedIn]);
  return (
    <div className="flex min-h-dvh flex-col">
      <div className="flex justify-end p-2">
        <ThemeToggle />
      </div>
      <main id="main" className="mx-auto flex w-full max-w-[23rem] flex-1 flex-col justify-center px-5 pb-[18vh]">
        <Mark className="size-10" />
        <h1 className="mt-5 text-2xl font-semibold">Sign in to Contact Sync</h1>
        <p className="mt-1 text-lg text-ink-2">With the password of this deployment.</p>
        <div className="mt-7">
          {error ? (
            <Closed error={error} onRetry={() => void mutate()} />
          ) : session && !session.methods.includes("password") ? (
            <NoPassword />
          ) : (
            <SignInForm onSignedIn={enter} />
          )}
        </div>
      </main>
    </div>
  );
}

/** Loads the page one came from anew: nothing that was shown to somebody else is in memory. */
function enter() {
  admit();
  window.location.replace(nextPath(new URLSearchParams(window.location.search)));
}

function Closed({ error, onRetry }: { error: ApiError; onRetry(): void }) {
  const missing = error.code === "unavailable";
  return (
    <>
      <Notice tone={missing ? "warn" : "bad"} title={missing ? "Sign-in is not set up yet" : "Sign-in is not possible right now"}>
        <p>{error.message}</p>
        {missing && <p className="mt-1.5">Set it in the environment of the deployment, then deploy again.</p>}
        {!missing && error.requestId && <p className="mt-1.5 text-sm">Request {error.requestId}</p>}
      </Notice>
      <Button className="mt-4 w-full" onClick={onRetry}>
        Try again
      </Button>
    </>
  );
}

function NoPassword() {
  return (
    <Notice tone="warn" title="There is no password to sign in with">
      <p>
        This deployment lets in API keys and host applications only. Set <code className="font-mono text-sm">APP_PASSWORD</code> to sign in
        here.
      </p>
    </Notice>
  );
}
