import { describe, expect, it } from "vitest";
import { consentResult } from "./use-consent-result";

describe("what a consent page's way back says", () => {
  it.each([
    ["", undefined],
    ["connect=hubspot", undefined],
    ["connected=hubspot", { provider: "hubspot" }],
    ["connected=elsewhere", undefined],
    ["failed=pipedrive&reason=It+was+not+agreed+to.", { provider: "pipedrive", reason: "It was not agreed to." }],
    ["failed=pipedrive", { provider: "pipedrive", reason: "" }],
    ["failed=elsewhere&reason=x", undefined],
  ])("%s", (query, want) => {
    expect(consentResult(new URLSearchParams(query))).toEqual(want);
  });
});
