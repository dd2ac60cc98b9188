"use client";

import { lazy, useState } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { OnceOpen } from "@/components/ui/once-open";
import type { Provider } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { useConnectionActions } from "./use-connection-actions";

const Confirm = lazy(() => import("@/components/ui/confirm").then(({ Confirm }) => ({ default: Confirm })));

/** Deletions that are too many to be believed without a person. */
export function HeldDeletions({ provider, reason }: { provider: Provider; reason: string }) {
  const { doing, confirm } = useConnectionActions(provider);
  const [asking, setAsking] = useState(false);
  const name = providerName(provider);
  return (
    <Notice tone="warn" title={`Deletions in ${name} are held`} className="mx-4 mt-3">
      <p>{reason}</p>
      <Button size="sm" className="mt-2.5" onClick={() => setAsking(true)}>
        Let them pass
      </Button>
      <OnceOpen open={asking}>
        <Confirm
          open={asking}
          onOpenChange={setAsking}
          title={`Delete here what was deleted in ${name}?`}
          description={`The contacts are deleted here and in every other CRM. They can be brought back here for 30 days. If they are not meant to be gone, restore them in ${name} instead.`}
          action="Let them pass"
          busy={doing === "confirm"}
          onConfirm={() => void confirm().then(() => setAsking(false))}
        />
      </OnceOpen>
    </Notice>
  );
}
