import { describe, expect, test } from "vitest";
import { nextPath, signInHref } from "./sign-in-path";

test("signInHref remembers where one was, the start page left out", () => {
  expect(signInHref("/")).toBe("/sign-in");
  expect(signInHref("/contacts?q=a&sort=email")).toBe("/sign-in?next=%2Fcontacts%3Fq%3Da%26sort%3Demail");
});

describe("nextPath", () => {
  test("undoes signInHref", () => {
    const { search } = new URL(signInHref("/contacts?q=a&sort=email#x"), "https://any.example");
    expect(nextPath(new URLSearchParams(search))).toBe("/contacts?q=a&sort=email#x");
  });

  test.each([
    "",
    "https://evil.example/",
    "//evil.example/contacts",
    "/\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "contacts",
    "/sign-in?next=/sign-in",
    "/api/session",
  ])("never leads to %j", (next) => {
    expect(nextPath(new URLSearchParams({ next }))).toBe("/");
  });
});
