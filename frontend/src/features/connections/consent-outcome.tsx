"use client";

import { useEffect, useRef } from "react";
import { Notice } from "@/components/ui/notice";
import type { Provider } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { useConnect } from "./use-connect";
import { useConsentResult } from "./use-consent-result";

/** Says how a visit to a CRM's consent page ended, and begins the sync when it was connected. */
export function ConsentOutcome() {
  const [result, forget] = useConsentResult();
  if (!result) return null;
  if (result.reason === undefined) return <Connected provider={result.provider} onSaid={forget} />;
  return (
    <div className="mb-5">
      <Notice tone="bad" title={`${providerName(result.provider)} is not connected`}>
        {result.reason}
      </Notice>
    </div>
  );
}

function Connected({ provider, onSaid }: { provider: Provider; onSaid(): void }) {
  const { begin } = useConnect(provider);
  const said = useRef(false);
  useEffect(() => {
    if (said.current) return;
    said.current = true;
    void begin().then(onSaid);
  });
  return null;
}
