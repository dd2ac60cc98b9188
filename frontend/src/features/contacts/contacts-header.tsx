import { FileUp, Plus } from "lucide-react";
import { Button } from "@/components/ui/button";
import { formatNumber } from "@/lib/format";
import type { UpdateView } from "./use-contacts-view";
import { isFiltered, newContact, type ContactsView } from "./view";

interface Props {
  total: number | undefined;
  view: ContactsView;
  update: UpdateView;
}

export function ContactsHeader({ total, view, update }: Props) {
  return (
    <header className="mb-5 flex items-center gap-2.5">
      <h1 className="text-xl font-semibold">Contacts</h1>
      <p className="mr-auto text-base text-ink-3 tabular-nums" aria-live="polite">
        {total !== undefined && `${formatNumber(total)}${isFiltered(view) ? " found" : ""}`}
      </p>
      <Button onClick={() => update({ importing: true })}>
        <FileUp aria-hidden />
        <span>
          Import<span className="sr-only sm:not-sr-only"> CSV</span>
        </span>
      </Button>
      <Button variant="primary" onClick={() => update({ contact: newContact })}>
        <Plus aria-hidden />
        <span>
          New<span className="sr-only sm:not-sr-only"> contact</span>
        </span>
      </Button>
    </header>
  );
}
