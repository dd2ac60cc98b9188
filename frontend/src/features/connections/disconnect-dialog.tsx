"use client";

import { Confirm } from "@/components/ui/confirm";
import type { AvailableCrm, Connection } from "@/lib/api-types";
import { count } from "@/lib/format";

interface Props {
  open: boolean;
  crm: AvailableCrm;
  connection: Connection;
  busy: boolean;
  onClose(): void;
  onConfirm(): void;
}

const forgotten = {
  entered: "The token is forgotten, and nothing",
  oauth: "The access is given back, and nothing",
  membrane: "Membrane keeps the credential, but nothing",
  environment: "Nothing",
};

/** Asks, and says what goes and what stays. */
export default function DisconnectDialog({ open, crm: { name }, connection: { linked, credential }, busy, onClose, onConfirm }: Props) {
  return (
    <Confirm
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={`Disconnect ${name}?`}
      description={
        <>
          <p>
            {forgotten[credential ?? "environment"]} goes to or from {name} any more.
          </p>
          <p className="mt-3 font-medium text-ink">What stays</p>
          <ul className="mt-1 list-disc space-y-1 pl-5">
            <li>Every contact here, and every record in {name}.</li>
            <li>
              {linked > 0 ? `The ${count(linked, "link")} between them` : "The links between them"}: connecting the same account again loses
              nothing and doubles nothing.
            </li>
            <li>Your settings{credential === "environment" && `, and the token in the deployment, which can be used again`}.</li>
          </ul>
        </>
      }
      action="Disconnect"
      busy={busy}
      onConfirm={onConfirm}
    />
  );
}
