"use client";

import { Eye, EyeOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { useSignIn } from "./use-sign-in";

export function SignInForm({ onSignedIn }: { onSignedIn(): void }) {
  const { problem, busy, locked, signIn, clear } = useSignIn(onSignedIn);
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (problem?.field) input.current?.select();
  }, [problem]);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && !locked) void signIn(password);
      }}
    >
      {problem?.title && (
        <Notice tone="bad" title={problem.title} className="mb-4">
          <p>{problem.message}</p>
        </Notice>
      )}
      {/* Password managers keep a password under a name. */}
      <input type="text" name="username" autoComplete="username" value="contact-sync" readOnly hidden />
      <div className="relative">
        <Field
          ref={input}
          label="Password"
          name="password"
          type={shown ? "text" : "password"}
          autoComplete="current-password"
          autoFocus
          maxLength={1024}
          value={password}
          onChange={(event) => {
            setPassword(event.target.value);
            clear();
          }}
          error={problem?.field}
          inputClassName="pr-10"
        />
        <Button
          variant="ghost"
          size="icon"
          aria-label={shown ? "Hide the password" : "Show the password"}
          aria-pressed={shown}
          className="absolute top-6 right-0"
          onClick={() => setShown(!shown)}
        >
          {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
        </Button>
      </div>
      <Button variant="primary" type="submit" className="mt-5 w-full" busy={busy} disabled={locked}>
        Sign in
      </Button>
    </form>
  );
}
