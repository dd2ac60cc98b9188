"use client";

import { ArrowUpRight, Ellipsis, Pencil, Trash2 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu, type MenuAction } from "@/components/ui/menu";
import type { Contact } from "@/lib/api-types";
import { contactName, providerName } from "@/lib/names";

export interface ContactCommands {
  edit(contact: Contact): void;
  remove(contact: Contact): void;
}

export function ContactActions({ contact, commands }: { contact: Contact; commands: ContactCommands }) {
  const places = contact.links.flatMap<MenuAction>(({ provider, url }) =>
    url ? [{ label: `Open in ${providerName(provider)}`, icon: ArrowUpRight, href: url }] : [],
  );
  return (
    <Menu
      actions={[
        { label: "Edit", icon: Pencil, onSelect: () => commands.edit(contact) },
        ...places,
        { label: "Delete", icon: Trash2, danger: true, onSelect: () => commands.remove(contact) },
      ]}
      trigger={
        <Button variant="ghost" size="icon" aria-label={`Actions for ${contactName(contact)}`}>
          <Ellipsis aria-hidden />
        </Button>
      }
    />
  );
}
