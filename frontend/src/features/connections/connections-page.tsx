"use client";

import { lazy } from "react";
import { OnceOpen } from "@/components/ui/once-open";
import { Panel } from "@/components/ui/panel";
import { ErrorState, StaleNotice } from "@/components/ui/states";
import { ConsentOutcome } from "./consent-outcome";
import { ConnectionsSkeleton } from "./connections-skeleton";
import { CrmCard } from "./crm-card";
import { crmList, isUp } from "./crm-list";
import { FirstSteps } from "./first-steps";
import { FreeCard } from "./free-card";
import { useConnectParam } from "./use-connect-param";
import { useConnections } from "./use-connections";

const ConnectSheet = lazy(() => import("./connect-sheet"));

export function ConnectionsPage() {
  const { data, error, mutate } = useConnections();
  const [connecting, setConnecting] = useConnectParam();
  const retry = () => void mutate();
  const crms = data ? crmList(data) : [];
  const chosen = crms.find(({ crm }) => crm.provider === connecting);
  return (
    <>
      <header className="mb-5">
        <h1 className="text-xl font-semibold">Connections</h1>
        <p className="mt-0.5 text-ink-2">The CRM accounts that your contacts are kept equal with.</p>
      </header>
      <ConsentOutcome />
      {data && error && <StaleNotice error={error} onRetry={retry} />}
      {!data && error && (
        <Panel>
          <ErrorState title="The connections could not be loaded" error={error} onRetry={retry} />
        </Panel>
      )}
      {!data && !error && <ConnectionsSkeleton />}
      {data && !crms.some(({ connection }) => connection) && <FirstSteps />}
      <div className="grid gap-4 lg:grid-cols-2">
        {crms.map((entry) => {
          const { crm, connection } = entry;
          const onToken = () => setConnecting(crm.provider);
          return connection && isUp(entry) ? (
            <CrmCard key={crm.provider} crm={crm} connection={connection} onToken={onToken} />
          ) : (
            <FreeCard key={crm.provider} crm={crm} connection={connection} onToken={onToken} />
          );
        })}
      </div>
      <OnceOpen open={chosen !== undefined}>
        <ConnectSheet chosen={chosen} onClose={() => setConnecting("")} />
      </OnceOpen>
    </>
  );
}
