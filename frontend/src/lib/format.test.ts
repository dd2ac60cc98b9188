import { describe, expect, test } from "vitest";
import { count, exactTime, formatDuration, listWords, relativeTime } from "./format";

const now = new Date("2026-06-15T12:00:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

describe("relativeTime", () => {
  test.each([
    [0, "just now"],
    [9, "just now"],
    [30, "30 s ago"],
    [-30, "in 30 s"],
    [5 * 60, "5 min ago"],
    [3 * 3600, "3 h ago"],
    [26 * 3600, "yesterday"],
    [-26 * 3600, "tomorrow"],
    [4 * 86400, "4 days ago"],
    [30 * 86400, "May 16"],
    [400 * 86400, "May 11, 2025"],
  ])("%d seconds: %s", (seconds, words) => {
    expect(relativeTime(ago(seconds), now)).toBe(words);
  });
});

test("exactTime names the day, the second and the zone", () => {
  expect(exactTime(now)).toMatch(/June 15, 2026.*12:00:00.*UTC/);
});

test.each([
  [0, "0 s"],
  [59, "59 s"],
  [600, "10 min"],
  [7200, "2 h"],
  [3 * 86400, "3 days"],
])("formatDuration(%d) = %s", (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

test("count agrees with its number", () => {
  expect([count(0, "contact"), count(1, "contact"), count(1204, "contact")]).toEqual(["0 contacts", "1 contact", "1,204 contacts"]);
});

test("listWords", () => {
  expect([listWords([]), listWords(["a"]), listWords(["a", "b"]), listWords(["a", "b", "c"])]).toEqual(["", "a", "a and b", "a, b and c"]);
});
