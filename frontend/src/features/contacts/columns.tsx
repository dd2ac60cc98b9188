import { RelativeTime } from "@/components/ui/relative-time";
import type { Contact, Provider } from "@/lib/api-types";
import { contactName, initials, providerName } from "@/lib/names";
import { LinkBadge } from "./link-badge";
import type { SortKey } from "./view";

export interface Column {
  id: string;
  header: string;
  sort?: SortKey;
  /** Width and visibility, for header, cells and skeleton alike. */
  className: string;
  cell(contact: Contact): React.ReactNode;
}

export function contactColumns(providers: Provider[]): Column[] {
  return [
    { id: "name", header: "Name", sort: "name", className: "w-[28%]", cell: (contact) => <Name contact={contact} /> },
    { id: "email", header: "E-mail", sort: "email", className: "w-[24%]", cell: (contact) => <Text value={contact.email} /> },
    { id: "phone", header: "Phone", className: "w-36 hidden lg:table-cell", cell: (contact) => <Text value={contact.phone} /> },
    ...providers.map<Column>((provider) => ({
      id: provider,
      header: providerName(provider),
      className: "w-28",
      cell: (contact) => <LinkBadge contact={contact} provider={provider} />,
    })),
    {
      id: "updated",
      header: "Updated",
      sort: "updatedAt",
      className: "w-28 hidden lg:table-cell",
      cell: (contact) => <RelativeTime at={contact.updatedAt} className="text-sm text-ink-3" />,
    },
  ];
}

export function Name({ contact }: { contact: Contact }) {
  const line = [contact.pronouns, [contact.jobTitle, contact.company].filter(Boolean).join(", ")].filter(Boolean).join(" · ");
  return (
    <span className="flex min-w-0 items-center gap-3">
      <span aria-hidden className="grid size-7 shrink-0 place-items-center rounded-full bg-subtle text-xs font-semibold text-ink-2">
        {initials(contact)}
      </span>
      <span className="min-w-0">
        <span className="block truncate font-medium">{contactName(contact)}</span>
        {line && <span className="block truncate text-sm text-ink-3">{line}</span>}
      </span>
    </span>
  );
}

function Text({ value }: { value: string }) {
  if (!value) return <span className="text-ink-3">–</span>;
  return (
    <span className="block truncate text-ink-2" title={value}>
      {value}
    </span>
  );
}
