import { expect, test } from "vitest";
import { under } from "./polling";

test.each([
  ["/api/contacts", true],
  ["/api/contacts?q=a", true],
  ["/api/contacts/42", true],
  ["/api/contacts-archive", false],
  ["/api/sync", false],
])("%s is under /api/contacts: %s", (key, expected) => {
  expect(under(key, "/api/contacts")).toBe(expected);
});
