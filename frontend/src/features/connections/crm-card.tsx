"use client";

import { ArrowUpRight } from "lucide-react";
import { Panel } from "@/components/ui/panel";
import { ProviderMark } from "@/components/ui/provider-mark";
import { StatusLabel } from "@/components/ui/status-label";
import type { AvailableCrm, Connection } from "@/lib/api-types";
import { ConnectionButtons } from "./connection-buttons";
import { ConnectionFacts } from "./connection-facts";
import { connectionStates } from "./connection-state";
import { HeldDeletions } from "./held-deletions";
import { WebhookAddress } from "./webhook-address";

interface Props {
  crm: AvailableCrm;
  connection: Connection;
  onToken(): void;
}

/** A CRM that is connected: how it is doing, and what can be done to it. */
export function CrmCard({ crm, connection, onToken }: Props) {
  const { provider, state, message, held, url } = connection;
  const look = connectionStates[state];
  return (
    <Panel aria-label={crm.name} className="flex flex-col">
      <header className="flex flex-wrap items-center gap-x-2.5 gap-y-1 px-4 pt-4">
        <ProviderMark provider={provider} className="size-6 text-xs" />
        <h2 className="text-lg font-semibold">{crm.name}</h2>
        <StatusLabel tone={look.tone} icon={look.icon} filled className="ml-1">
          {look.label}
        </StatusLabel>
        {url && (
          <a
            href={url}
            target="_blank"
            rel="noreferrer"
            className="ml-auto inline-flex items-center gap-0.5 rounded-sm text-sm text-ink-2 hover:text-ink"
          >
            Open<span className="sr-only"> {crm.name} in a new tab</span>
            <ArrowUpRight aria-hidden className="size-3.5" />
          </a>
        )}
      </header>
      {message && state !== "active" && <p className="px-4 pt-2 text-ink-2">{message}</p>}
      {held && <HeldDeletions provider={provider} reason={held} />}
      <ConnectionFacts connection={connection} />
      <WebhookAddress name={crm.name} connection={connection} />
      <ConnectionButtons crm={crm} connection={connection} onToken={onToken} />
    </Panel>
  );
}
