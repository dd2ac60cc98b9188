"use client";

import { Panel } from "@/components/ui/panel";
import { ErrorState, StaleNotice } from "@/components/ui/states";
import { SettingsForm } from "./settings-form";
import { SettingsSkeleton } from "./settings-skeleton";
import { useSettings } from "./use-settings";

export function SettingsPage() {
  const { data, error, mutate } = useSettings();
  const retry = () => void mutate();
  return (
    <>
      <header className="mb-5">
        <h1 className="text-xl font-semibold">Settings</h1>
        <p className="mt-0.5 text-ink-2">Who wins when two sides disagree, and which fields go where.</p>
      </header>
      {data && error && <StaleNotice error={error} onRetry={retry} />}
      {data ? (
        <SettingsForm stored={data} onStored={(settings) => mutate(settings, { revalidate: settings === undefined })} />
      ) : error ? (
        <Panel>
          <ErrorState title="The settings could not be loaded" error={error} onRetry={retry} />
        </Panel>
      ) : (
        <SettingsSkeleton />
      )}
    </>
  );
}
