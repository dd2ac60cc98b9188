import { expect, test } from "vitest";
import { matching, type RouteGroup } from "./route-search";

const groups: RouteGroup[] = [
  {
    name: "Contacts",
    routes: [
      { id: "list", method: "get", path: "/api/contacts", summary: "List contacts" },
      { id: "create", method: "post", path: "/api/contacts", summary: "Create a contact" },
    ],
  },
  { name: "Sync", routes: [{ id: "start", method: "post", path: "/api/sync", summary: "Synchronise now" }] },
];

test.each([
  ["", ["list", "create", "start"]],
  ["post", ["create", "start"]],
  ["POST contact", ["create"]],
  ["/api/sync", ["start"]],
  ["contacts", ["list", "create"]],
  ["webhook", []],
])("%j finds %j", (query, ids) => {
  expect(matching(groups, query).flatMap(({ routes }) => routes.map(({ id }) => id))).toEqual(ids);
});
