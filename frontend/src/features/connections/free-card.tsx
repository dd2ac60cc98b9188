"use client";

import { KeyRound, Plug } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { ProviderMark } from "@/components/ui/provider-mark";
import { StatusLabel } from "@/components/ui/status-label";
import type { AvailableCrm, Connection } from "@/lib/api-types";
import { count, formatList } from "@/lib/format";
import { connectionStates } from "./connection-state";
import { useConnect } from "./use-connect";

interface Props {
  crm: AvailableCrm;
  /** What is left of an earlier connection. */
  connection: Connection | undefined;
  onToken(): void;
}

/** A CRM that is not connected, or not any more. */
export function FreeCard({ crm, connection, onToken }: Props) {
  const { busy, problem, connect, agree } = useConnect(crm.provider);
  const look = connectionStates.disconnected;
  return (
    <Panel aria-label={crm.name} className="flex flex-col self-start border-dashed shadow-none">
      <header className="flex flex-wrap items-center gap-x-2.5 gap-y-1 px-4 pt-4">
        <ProviderMark provider={crm.provider} className="size-6 text-xs" />
        <h2 className="text-lg font-semibold">{crm.name}</h2>
        <StatusLabel tone={look.tone} icon={look.icon} filled className="ml-1">
          {connection ? look.label : "Not connected"}
        </StatusLabel>
      </header>
      <div className="space-y-2 px-4 pt-2 pb-4 text-ink-2">
        {connection ? (
          <p>
            {connection.linked > 0 ? `${count(connection.linked, "link")} and all contacts are kept.` : "All contacts are kept."} Connect the
            same account again, and it goes on where it was{connection.accountId && ` (account ${connection.accountId})`}.
          </p>
        ) : (
          <p>
            {crm.oauth.offered
              ? `Agree to it in ${crm.name}, or enter a token of your account.`
              : "Connect it with a token of your account. The steps are shown with the form."}
          </p>
        )}
        {crm.environment && <p>The deployment holds a token for it, so you need not enter one.</p>}
        {!crm.oauth.offered && (
          <p className="text-sm text-ink-3">
            To connect it without a token, the deployment needs {formatList(crm.oauth.missing)}.
          </p>
        )}
        {problem && (
          <p role="alert" className="text-bad-ink">
            {problem.token ?? problem.message}
          </p>
        )}
      </div>
      <footer className="mt-auto flex flex-wrap gap-2 border-t px-4 py-3">
        {crm.oauth.offered && (
          <Button size="sm" variant="primary" busy={busy} onClick={() => void agree()}>
            {!busy && <Plug aria-hidden />}
            Connect with {crm.name}
          </Button>
        )}
        {crm.environment ? (
          <>
            <Button size="sm" variant={crm.oauth.offered ? "outline" : "primary"} busy={busy} onClick={() => void connect()}>
              {!busy && <Plug aria-hidden />}
              {crm.oauth.offered ? "Use the deployment's token" : connection ? "Connect again" : `Connect ${crm.name}`}
            </Button>
            <Button size="sm" onClick={onToken}>
              <KeyRound aria-hidden />
              Use another token
            </Button>
          </>
        ) : (
          <Button size="sm" variant={crm.oauth.offered ? "outline" : "primary"} onClick={onToken}>
            {crm.oauth.offered ? <KeyRound aria-hidden /> : <Plug aria-hidden />}
            {crm.oauth.offered ? "Use a token" : connection ? "Connect again" : `Connect ${crm.name}`}
          </Button>
        )}
      </footer>
    </Panel>
  );
}
