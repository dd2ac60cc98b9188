import { ArrowUpRight } from "lucide-react";
import { ProviderMark } from "@/components/ui/provider-mark";
import { RelativeTime } from "@/components/ui/relative-time";
import { StatusLabel } from "@/components/ui/status-label";
import type { Contact, Provider } from "@/lib/api-types";
import { providerName } from "@/lib/names";
import { linkLooks, linkOf, linkStatus } from "./link-state";

/** How the contact stands with each CRM, with the reason where something is wrong. */
export function ContactLinks({ contact, providers }: { contact: Contact; providers: Provider[] }) {
  if (providers.length === 0) return null;
  return (
    <section aria-labelledby="contact-links" className="mt-7">
      <h3 id="contact-links" className="mb-2 text-sm font-medium text-ink-2">
        In the CRMs
      </h3>
      <ul className="divide-y rounded-lg border">
        {providers.map((provider) => (
          <LinkRow key={provider} contact={contact} provider={provider} />
        ))}
      </ul>
      <p className="mt-2.5 text-sm text-ink-3">
        Created <RelativeTime at={contact.createdAt} />, changed <RelativeTime at={contact.updatedAt} />
      </p>
    </section>
  );
}

function LinkRow({ contact, provider }: { contact: Contact; provider: Provider }) {
  const link = linkOf(contact, provider);
  const { label, tone, icon } = linkLooks[linkStatus(contact, provider)];
  const name = providerName(provider);
  return (
    <li className="px-3 py-2.5">
      <div className="flex items-center gap-2.5">
        <ProviderMark provider={provider} />
        <span className="font-medium">{name}</span>
        <StatusLabel tone={tone} icon={icon} className="ml-auto">
          {label}
        </StatusLabel>
      </div>
      {link && (
        <p className="mt-1 flex items-center gap-1.5 pl-7.5 text-sm text-ink-3">
          {link.lastSyncedAt ? (
            <span>
              Last equal <RelativeTime at={link.lastSyncedAt} />
            </span>
          ) : (
            <span>Not there yet</span>
          )}
          {link.url && (
            <a href={link.url} target="_blank" rel="noreferrer" className="ml-auto inline-flex items-center gap-0.5 rounded-sm text-ink-2 hover:text-ink">
              Open<span className="sr-only"> in {name}, in a new tab</span>
              <ArrowUpRight aria-hidden className="size-3.5" />
            </a>
          )}
        </p>
      )}
      {link?.error && <p className="mt-1 pl-7.5 text-sm text-bad-ink">{link.error}</p>}
    </li>
  );
}
