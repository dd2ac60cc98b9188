"use client";

import { FileUp, SearchX, UsersRound } from "lucide-react";
import type { SWRResponse } from "swr";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { SyncButton } from "@/features/sync/sync-button";
import type { ApiError } from "@/lib/api";
import type { ContactPage, Provider } from "@/lib/api-types";
import { cn } from "@/lib/cn";
import { useMedia } from "@/lib/use-media";
import { contactColumns } from "./columns";
import type { ContactCommands } from "./contact-actions";
import { ContactCards } from "./contact-cards";
import { ContactsSkeleton } from "./contacts-skeleton";
import { ContactsTable } from "./contacts-table";
import { Pager } from "./pager";
import type { UpdateView } from "./use-contacts-view";
import { isFiltered, type ContactsView } from "./view";

interface Props {
  list: SWRResponse<ContactPage, ApiError>;
  view: ContactsView;
  update: UpdateView;
  providers: Provider[];
  commands: ContactCommands;
}

/** The list in whichever state it is: loading, failed, empty, nothing found, or contacts. */
export function ContactsBody({ list, view, update, providers, commands }: Props) {
  const wide = useMedia("(min-width: 48rem)");
  const { data, error, isLoading, mutate } = list;
  if (!data) {
    return (
      <Panel>
        {error ? (
          <ErrorState title="Contacts could not be loaded" error={error} onRetry={() => void mutate()} />
        ) : (
          <ContactsSkeleton />
        )}
      </Panel>
    );
  }
  if (data.contacts.length === 0) {
    return <Panel>{isFiltered(view) || view.cursor ? <NoMatch view={view} update={update} /> : <NoContacts update={update} />}</Panel>;
  }
  return (
    <Panel aria-busy={isLoading} className={cn("overflow-clip transition-opacity", isLoading && "opacity-60")}>
      {wide ? (
        <ContactsTable
          columns={contactColumns(providers)}
          contacts={data.contacts}
          sort={view.sort}
          onSort={(sort) => update({ sort })}
          commands={commands}
        />
      ) : (
        <ContactCards contacts={data.contacts} providers={providers} commands={commands} />
      )}
      <Pager view={view} update={update} page={data} />
    </Panel>
  );
}

function NoMatch({ view, update }: { view: ContactsView; update: UpdateView }) {
  return (
    <EmptyState
      icon={SearchX}
      title={view.q ? `Nothing found for “${view.q}”` : "No contact matches"}
      actions={<Button onClick={() => update({ q: "", status: "", provider: "" })}>Reset search and filters</Button>}
    >
      {view.status || view.provider
        ? "No contact fits the search and the filters together."
        : "The search looks at the beginnings of words in names, e-mail addresses and phone numbers."}
    </EmptyState>
  );
}

function NoContacts({ update }: { update: UpdateView }) {
  return (
    <EmptyState
      icon={UsersRound}
      title="No contacts yet"
      actions={
        <>
          <Button onClick={() => update({ importing: true })}>
            <FileUp aria-hidden />
            Import CSV
          </Button>
          <SyncButton variant="outline" />
        </>
      }
    >
      Create the first one, bring a CSV file, or sync to fetch what the CRMs have.
    </EmptyState>
  );
}
