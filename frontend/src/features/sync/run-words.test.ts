import { describe, expect, test } from "vitest";
import type { Run } from "@/lib/api-types";
import { noCounts, sampleRun } from "@/test/samples";
import { countWords, phaseWords, runResult } from "./run-words";

function run(over: Partial<Run>): Run {
  return sampleRun({ kind: "full", ...over });
}

describe("countWords", () => {
  test("names only what happened", () => {
    expect(countWords({ ...noCounts, pulled: 9, unchanged: 5 })).toBe("");
    expect(countWords({ ...noCounts, created: 1 })).toBe("1 record created");
    expect(countWords({ ...noCounts, created: 2, updated: 1, conflicts: 1 })).toBe("2 records created, 1 record updated and 1 conflict decided");
  });
});

describe("runResult", () => {
  test("says when there was nothing to do", () => {
    expect(runResult(run({}))).toEqual({ title: "Everything was already in sync", detail: undefined });
  });
  test("does not call a run with errors a success", () => {
    expect(runResult(run({ counts: { ...noCounts, errors: 2 } })).title).toBe("Synced, with errors");
  });
  test("gives the reason of a failure", () => {
    expect(runResult(run({ state: "failed", error: "HubSpot refused the token" })).detail).toBe("HubSpot refused the token");
  });
});

describe("phaseWords", () => {
  test("makes a phase readable", () => {
    expect(phaseWords("list")).toBe("Reading the CRMs");
    expect(phaseWords("reading_hubspot")).toBe("Reading hubspot");
    expect(phaseWords("")).toBe("Working");
  });
});
