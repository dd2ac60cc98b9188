import { expect, test } from "vitest";
import { ApiError } from "@/lib/api";
import { settingsProblem } from "./problems";

const refused = (details: Record<string, string>) => settingsProblem(new ApiError(422, "invalid", "Some fields are not valid.", details));

test("every message goes to its place", () => {
  expect(refused({ deletePolicy: "a", "brake.least": "b", "brake.share": "c", retentionDays: "d" })).toEqual({
    deletePolicy: "a",
    least: "b",
    share: "c",
    retentionDays: "d",
    fields: {},
  });
  expect(refused({ region: "Enter a country.", policy: "There is no such policy.", "fields.tier": "Too long.", "fields.vip.remotes.hubspot.direction": "No." })).toEqual({
    region: "Enter a country.",
    policy: "There is no such policy.",
    fields: { tier: "Too long.", vip: "No." },
  });
});

test("what has no place is shown above all", () => {
  expect(refused({ fields: "There can be 50 fields at most." })).toEqual({ message: "There can be 50 fields at most.", fields: {} });
  expect(settingsProblem(new ApiError(500, "unexpected", "Something went wrong."))).toEqual({ message: "Something went wrong.", fields: {} });
});
