import { CopyButton } from "@/components/ui/copy-button";

/** Where the CRM has to send its events; a person enters it there. */
export function WebhookAddress({ name, url }: { name: string; url: string | null }) {
  return (
    <div className="border-t px-4 py-3">
      <p className="text-sm text-ink-2">Webhook address</p>
      {url ? (
        <>
          <div className="mt-1 flex items-center gap-1">
            <code className="min-w-0 flex-1 font-mono text-sm break-all">{url}</code>
            <CopyButton text={url} label="Copy the webhook address" />
          </div>
          <p className="mt-1 text-sm text-ink-3">Enter it in {name}, so that changes there arrive at once.</p>
        </>
      ) : (
        <p className="mt-0.5 text-sm text-ink-3">None: changes in {name} are found by asking for them, at every scheduled run.</p>
      )}
    </div>
  );
}
