"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import type { ContactPage } from "@/lib/api-types";
import { formatNumber } from "@/lib/format";
import type { UpdateView } from "./use-contacts-view";
import { listPath, pageSize, type ContactsView } from "./view";

interface Props {
  view: ContactsView;
  update: UpdateView;
  page: ContactPage;
}

export function Pager({ view, update, page }: Props) {
  const { back, remember } = useTrail(view);
  const first = (view.page - 1) * pageSize + 1;
  const last = first + page.contacts.length - 1;
  if (page.total <= pageSize && view.page === 1) return null;
  const next = () => {
    if (!page.nextCursor) return;
    remember();
    update({ page: view.page + 1, cursor: page.nextCursor });
  };
  return (
    <nav aria-label="Pages of contacts" className="flex items-center justify-between gap-3 border-t px-4 py-2.5">
      <p className="text-sm text-ink-2 tabular-nums">
        {formatNumber(first)}–{formatNumber(last)} of {formatNumber(page.total)}
      </p>
      <div className="flex gap-2">
        <Button size="sm" disabled={view.page === 1} onClick={() => update(back)}>
          <ChevronLeft aria-hidden />
          {view.page > 2 && back.page === 1 ? "First page" : "Previous"}
        </Button>
        <Button size="sm" disabled={!page.nextCursor} onClick={next}>
          Next
          <ChevronRight aria-hidden />
        </Button>
      </div>
    </nav>
  );
}

/** Cursors lead forward only, so those of the pages left behind are remembered. After a reload the way back is to the first page. */
function useTrail(view: ContactsView) {
  const list = listPath({ ...view, cursor: "" });
  const [trail, setTrail] = useState<{ list: string; cursors: Record<number, string> }>({ list, cursors: {} });
  const cursors = trail.list === list ? trail.cursors : {};
  const before = cursors[view.page - 1];
  return {
    back: before === undefined ? { page: 1, cursor: "" } : { page: view.page - 1, cursor: before },
    remember: () => setTrail({ list, cursors: { ...cursors, [view.page]: view.cursor } }),
  };
}
