"use client";

import type { Contact, Provider } from "@/lib/api-types";
import { contactName } from "@/lib/names";
import { Name } from "./columns";
import { ContactActions, type ContactCommands } from "./contact-actions";
import { LinkBadge } from "./link-badge";

interface Props {
  contacts: Contact[];
  providers: Provider[];
  commands: ContactCommands;
}

/** The list for a narrow screen. */
export function ContactCards({ contacts, providers, commands }: Props) {
  return (
    <ul className="divide-y">
      {contacts.map((contact) => (
        <li key={contact.id} className="relative px-4 py-3">
          <div className="flex items-start gap-2">
            <button
              type="button"
              aria-label={`Edit ${contactName(contact)}`}
              className="min-w-0 flex-1 text-left after:absolute after:inset-0"
              onClick={() => commands.edit(contact)}
            >
              <Name contact={contact} />
            </button>
            <div className="relative -my-1.5 -mr-2.5">
              <ContactActions contact={contact} commands={commands} />
            </div>
          </div>
          <p className="mt-0.5 truncate pl-10 text-sm text-ink-2">{[contact.email, contact.phone].filter(Boolean).join(" · ")}</p>
          <div className="mt-1.5 flex flex-wrap gap-x-4 gap-y-1 pl-10">
            {providers.map((provider) => (
              <LinkBadge key={provider} contact={contact} provider={provider} named />
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
