import { describe, expect, test } from "vitest";
import type { Connection, Provider, SyncStatus } from "@/lib/api-types";
import { sampleConnection, sampleRun } from "@/test/samples";
import { health } from "./health";

const connection = (provider: Provider, over: Partial<Connection> = {}) => sampleConnection({ provider, ...over });

function status(over: Partial<SyncStatus> = {}): SyncStatus {
  return {
    state: "idle",
    lastSuccessAt: "2026-01-01T00:00:00Z",
    pending: 0,
    errors: 0,
    conflicts: 0,
    contacts: 500,
    connections: [connection("hubspot"), connection("pipedrive")],
    ...over,
  };
}

const run = sampleRun({ state: "running" });

describe("health", () => {
  test("says that everything is fine, and of what", () => {
    expect(health(status())).toMatchObject({
      tone: "good",
      title: "Everything is in sync",
      detail: "500 contacts kept equal in your app, HubSpot and Pipedrive.",
    });
  });

  test.each<[string, Partial<SyncStatus>, string]>([
    ["no connection", { connections: [] }, "No CRM is connected yet"],
    ["only former connections", { connections: [connection("hubspot", { state: "disconnected" })] }, "No CRM is connected yet"],
    ["bad credentials", { connections: [connection("hubspot", { state: "unauthorised" })] }, "HubSpot no longer accepts our credentials"],
    ["a broken CRM", { connections: [connection("pipedrive", { state: "error" })] }, "Pipedrive can't be synced right now"],
    ["a failed run", { run: { ...run, state: "failed" } }, "The last sync failed"],
    ["a running run", { run }, "Syncing now"],
    ["held deletions", { errors: 1, connections: [connection("hubspot", { held: "40 of 50 are gone." })] }, "Deletions in HubSpot wait for you"],
    ["failing contacts", { errors: 1 }, "1 contact can't be synced"],
    ["a throttled CRM", { connections: [connection("pipedrive", { state: "throttled" })] }, "Pipedrive asked us to slow down"],
    ["a paused CRM", { connections: [connection("hubspot", { state: "paused" })] }, "HubSpot is paused"],
    ["no sync so far", { lastSuccessAt: null }, "Ready for the first sync"],
    ["anything else the server points at", { state: "attention" }, "Something needs a look"],
    ["waiting contacts", { pending: 12 }, "12 contacts on the way"],
  ])("%s", (_name, over, title) => {
    expect(health(status(over)).title).toBe(title);
  });

  test("credentials outrank failing contacts, which outrank waiting ones", () => {
    expect(health(status({ errors: 2, pending: 5, connections: [connection("hubspot", { state: "unauthorised" })] })).tone).toBe("bad");
    expect(health(status({ errors: 2, pending: 5 })).title).toBe("2 contacts can't be synced");
  });

  test("a failed dry run is no failure of the sync", () => {
    expect(health(status({ run: { ...run, state: "failed", dryRun: true } })).tone).toBe("good");
  });

  test("names the connections whose first sync is to be approved", () => {
    const waits = health(status({ state: "waiting", connections: [sampleConnection({ state: "waiting" }), sampleConnection({ provider: "pipedrive" })] }));
    expect([waits.title, waits.short]).toEqual(["The first sync of HubSpot waits for you", "To approve"]);
  });
});
