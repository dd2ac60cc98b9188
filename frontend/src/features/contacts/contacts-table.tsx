"use client";

import { ArrowDown, ArrowUp, ArrowUpDown } from "lucide-react";
import { cn } from "@/lib/cn";
import type { Contact } from "@/lib/api-types";
import { contactName } from "@/lib/names";
import type { Column } from "./columns";
import { ContactActions, type ContactCommands } from "./contact-actions";
import { sortDirection, toggleSort, type Sort } from "./view";

interface Props {
  columns: Column[];
  contacts: Contact[];
  sort: Sort;
  onSort(sort: Sort): void;
  commands: ContactCommands;
}

export function ContactsTable({ columns, contacts, sort, onSort, commands }: Props) {
  return (
    <table className="w-full table-fixed border-collapse text-left">
      <caption className="sr-only">Contacts</caption>
      <thead>
        <tr className="border-b">
          {columns.map((column) => (
            <HeaderCell key={column.id} column={column} sort={sort} onSort={onSort} />
          ))}
          <th scope="col" className="w-14">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody className="divide-y">
        {contacts.map((contact) => (
          <tr key={contact.id} className="group cursor-pointer transition-colors hover:bg-subtle/70" onClick={() => commands.edit(contact)}>
            {columns.map((column, index) => (
              <td key={column.id} className={cn("h-13 px-4 py-1.5", column.className)}>
                {index === 0 ? (
                  <button
                    type="button"
                    aria-label={`Edit ${contactName(contact)}`}
                    className="block w-full min-w-0 rounded-sm text-left"
                    onClick={(event) => {
                      event.stopPropagation();
                      commands.edit(contact);
                    }}
                  >
                    {column.cell(contact)}
                  </button>
                ) : (
                  column.cell(contact)
                )}
              </td>
            ))}
            <td className="pr-3 text-right" onClick={(event) => event.stopPropagation()}>
              <ContactActions contact={contact} commands={commands} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function HeaderCell({ column, sort, onSort }: { column: Column; sort: Sort; onSort(sort: Sort): void }) {
  const { sort: key, header, className } = column;
  const base = cn("h-10 px-4 text-sm font-medium text-ink-2", className);
  if (!key) {
    return (
      <th scope="col" className={base}>
        {header}
      </th>
    );
  }
  const direction = sortDirection(sort, key);
  const Icon = direction === "ascending" ? ArrowUp : direction === "descending" ? ArrowDown : ArrowUpDown;
  return (
    <th scope="col" aria-sort={direction} className={base}>
      <button
        type="button"
        onClick={() => onSort(toggleSort(sort, key))}
        className={cn("group/sort -mx-1.5 inline-flex items-center gap-1 rounded-sm px-1.5 py-1 hover:text-ink", direction !== "none" && "text-ink")}
      >
        {header}
        <Icon aria-hidden className={cn("size-3.5", direction === "none" && "opacity-0 group-hover/sort:opacity-100 group-focus-visible/sort:opacity-100")} />
      </button>
    </th>
  );
}
