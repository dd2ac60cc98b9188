import { expect, test } from "vitest";
import type { ConnectionState } from "@/lib/api-types";
import { sampleConnection } from "@/test/samples";
import { testWords } from "./test-words";

test.each<[ConnectionState, string, string]>([
  ["active", "success", "HubSpot accepts the credentials"],
  ["new", "success", "HubSpot accepts the credentials"],
  ["paused", "success", "HubSpot accepts the credentials"],
  ["throttled", "warning", "HubSpot answers, but asks us to slow down"],
  ["unauthorised", "error", "HubSpot refused the credentials"],
  ["error", "error", "HubSpot could not be reached"],
])("a connection that is %s: %s", (state, tone, title) => {
  expect(testWords(sampleConnection({ state, message: "why" }))).toMatchObject({ tone, title });
});

test("gives the CRM's reason for a refusal", () => {
  expect(testWords(sampleConnection({ state: "unauthorised", message: "The token has expired." })).description).toBe("The token has expired.");
});
