import { CopyButton } from "@/components/ui/copy-button";
import type { Connection } from "@/lib/api-types";

/** How changes in the CRM arrive: by events that it was asked for, by events that a person sets up there, or by asking. */
export function WebhookAddress({ name, connection: { events, webhookUrl } }: { name: string; connection: Connection }) {
  return (
    <div className="border-t px-4 py-3">
      <p className="text-sm text-ink-2">{events ? "Events" : "Webhook address"}</p>
      {events && <p className="mt-0.5 text-sm text-ink-3">{eventWords(name, events)}</p>}
      {!events && webhookUrl && (
        <>
          <div className="mt-1 flex items-center gap-1">
            <code className="min-w-0 flex-1 font-mono text-sm break-all">{webhookUrl}</code>
            <CopyButton text={webhookUrl} label="Copy the webhook address" />
          </div>
          <p className="mt-1 text-sm text-ink-3">Enter it in {name}, so that changes there arrive at once.</p>
        </>
      )}
      {!events && !webhookUrl && (
        <p className="mt-0.5 text-sm text-ink-3">None: changes in {name} are found by asking for them, at every scheduled run.</p>
      )}
    </div>
  );
}

function eventWords(name: string, { live, message }: NonNullable<Connection["events"]>): string {
  if (live) return `${name} sends its changes here, so they arrive at once.`;
  return `Changes in ${name} arrive with the next poll.${message ? ` ${message}` : " The next sync asks for its events."}`;
}
