"use client";

import { ArrowUpRight, Ellipsis, Pencil, Trash2 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/components/ui/menu";
import type { Contact } from "@/lib/api-types";
import { contactName, providerName } from "@/lib/names";

export interface ContactCommands {
  edit(contact: Contact): void;
  remove(contact: Contact): void;
}

export function ContactActions({ contact, commands }: { contact: Contact; commands: ContactCommands }) {
  const places = contact.links.filter((link) => link.url);
  return (
    <Menu modal={false}>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon" aria-label={`Actions for ${contactName(contact)}`}>
          <Ellipsis aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuContent>
        <MenuItem onSelect={() => commands.edit(contact)}>
          <Pencil aria-hidden />
          Edit
        </MenuItem>
        {places.map((link) => (
          <MenuItem key={link.provider} asChild>
            <a href={link.url} target="_blank" rel="noreferrer">
              <ArrowUpRight aria-hidden />
              Open in {providerName(link.provider)}
            </a>
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem danger onSelect={() => commands.remove(contact)}>
          <Trash2 aria-hidden />
          Delete
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
