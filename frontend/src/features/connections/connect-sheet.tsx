"use client";

import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Field } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { PanelBody, PanelFooter, Sheet } from "@/components/ui/sheet";
import type { AvailableCrm } from "@/lib/api-types";
import { isUp, type Crm } from "./crm-list";
import { useConnect } from "./use-connect";

interface Props {
  /** The CRM to connect; absent while closed. */
  chosen: Crm | undefined;
  onClose(): void;
}

/** The way to a token, and the field for it. */
export default function ConnectSheet({ chosen, onClose }: Props) {
  const [shown, setShown] = useState(chosen);
  if (chosen && chosen !== shown) setShown(chosen);
  if (!shown) return null;
  const { crm } = shown;
  const replacing = isUp(shown);
  return (
    <Sheet
      open={chosen !== undefined}
      onOpenChange={(next) => !next && onClose()}
      title={replacing ? `Replace the token of ${crm.name}` : `Connect ${crm.name}`}
      description={
        replacing
          ? "It has to belong to the same account. The present one stays in use until the new one is accepted."
          : "It is tried at once, and kept encrypted. Nobody can read it afterwards."
      }
    >
      <TokenForm crm={crm} replacing={replacing} onDone={onClose} />
    </Sheet>
  );
}

function TokenForm({ crm, replacing, onDone }: { crm: AvailableCrm; replacing: boolean; onDone(): void }) {
  const { busy, problem, connect, agree, clear } = useConnect(crm.provider);
  const [token, setToken] = useState("");
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[role=alert], [aria-invalid=true]")?.focus();
  }, [problem]);
  return (
    <form
      ref={form}
      noValidate
      className="flex min-h-0 flex-1 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void connect(token).then((connected) => connected && onDone());
      }}
    >
      <PanelBody className="space-y-6">
        {problem?.message && (
          <Notice tone="bad" title={`${crm.name} is not ${replacing ? "changed" : "connected"}`}>
            {problem.message}
          </Notice>
        )}
        {crm.oauth.offered && (
          <div className="space-y-3">
            <Button type="button" busy={busy} onClick={() => void agree()}>
              Connect with {crm.name}
            </Button>
            <p className="text-ink-2">Or with a token:</p>
          </div>
        )}
        <ol className="list-decimal space-y-2 pl-5 text-ink-2 marker:text-ink-3">
          {crm.how.map((step) => (
            <li key={step} className="pl-1 text-pretty">
              {step}
            </li>
          ))}
        </ol>
        {crm.scopes.length > 0 && <Scopes scopes={crm.scopes} />}
        <Field
          label={crm.tokenLabel}
          name="token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          maxLength={4096}
          value={token}
          onChange={(event) => {
            setToken(event.target.value);
            clear();
          }}
          error={problem?.token}
        />
      </PanelBody>
      <PanelFooter>
        <Button variant="primary" type="submit" busy={busy} disabled={token.trim() === ""}>
          {busy ? "Trying it" : replacing ? "Replace token" : `Connect ${crm.name}`}
        </Button>
      </PanelFooter>
    </form>
  );
}

function Scopes({ scopes }: { scopes: string[] }) {
  return (
    <section aria-labelledby="scopes">
      <div className="flex items-center justify-between">
        <h3 id="scopes" className="text-sm font-medium text-ink-2">
          Scopes it needs
        </h3>
        <CopyButton text={scopes.join(" ")} label="Copy the scopes" />
      </div>
      <ul className="mt-1 divide-y rounded-lg border font-mono text-sm">
        {scopes.map((scope) => (
          <li key={scope} className="px-3 py-1.5 break-all">
            {scope}
          </li>
        ))}
      </ul>
    </section>
  );
}
