import { expect, test } from "vitest";
import type { AvailableCrm, Connections } from "@/lib/api-types";
import { sampleConnection } from "@/test/samples";
import { crmList, isUp } from "./crm-list";

const crm = (provider: AvailableCrm["provider"]): AvailableCrm => ({
  provider,
  name: provider,
  tokenLabel: "Token",
  how: [],
  scopes: [],
  environment: false,
  oauth: { offered: false, missing: [] },
});

function list(...connections: Connections["connections"]) {
  return crmList({ available: [crm("hubspot"), crm("pipedrive")], connections });
}

test("every CRM has its place, connected ones first", () => {
  const providers = (entries: ReturnType<typeof list>) => entries.map((entry) => entry.crm.provider);
  expect(providers(list())).toEqual(["hubspot", "pipedrive"]);
  expect(providers(list(sampleConnection({ provider: "pipedrive" })))).toEqual(["pipedrive", "hubspot"]);
  expect(providers(list(sampleConnection({ provider: "hubspot", state: "disconnected" }), sampleConnection({ provider: "pipedrive" })))).toEqual([
    "pipedrive",
    "hubspot",
  ]);
});

test("a disconnected CRM keeps what is known of it, and counts as not connected", () => {
  const [first] = list(sampleConnection({ state: "disconnected", linked: 12 }));
  expect(first?.connection?.linked).toBe(12);
  expect(list(sampleConnection({ state: "disconnected" })).some(isUp)).toBe(false);
  expect(list(sampleConnection({ state: "unauthorised" })).some(isUp)).toBe(true);
});
