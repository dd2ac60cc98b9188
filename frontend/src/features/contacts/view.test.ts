import { describe, expect, test } from "vitest";
import { changeView, isFiltered, listPath, parseView, sortDirection, toggleSort, viewHref } from "./view";

const parse = (query: string) => parseView(new URLSearchParams(query));

describe("parseView and viewHref", () => {
  test.each([
    "",
    "q=ada+l%C3%B6v&status=error&provider=hubspot&sort=-updatedAt",
    "page=3&cursor=abc",
    "contact=0192",
    "import=1",
  ])("%j survives the way through a view and back", (query) => {
    expect(viewHref(parse(query))).toBe(query ? `/contacts?${query}` : "/contacts");
  });

  test("what nobody knows is dropped, not sent on", () => {
    expect(viewHref(parse("status=broken&sort=-shoeSize&page=7"))).toBe("/contacts");
  });
});

describe("listPath", () => {
  test("asks for a page of the filtered list, and nothing about the panels", () => {
    expect(listPath(parse("q=a%26b&status=error&cursor=c1&page=2&contact=x&import=1"))).toBe(
      "/api/contacts?q=a%26b&status=error&limit=50&cursor=c1",
    );
  });
});

describe("changeView", () => {
  const third = parse("q=ada&page=3&cursor=c3");
  test("another filter or order starts at the first page", () => {
    expect(viewHref(changeView(third, { status: "error" }))).toBe("/contacts?q=ada&status=error");
    expect(viewHref(changeView(third, { sort: "-name" }))).toBe("/contacts?q=ada&sort=-name");
  });
  test("opening a contact stays on the page", () => {
    expect(viewHref(changeView(third, { contact: "x" }))).toBe("/contacts?q=ada&page=3&cursor=c3&contact=x");
  });
});

describe("isFiltered", () => {
  test("an order is no filter", () => {
    expect(isFiltered(parse("sort=email"))).toBe(false);
    expect(isFiltered(parse("provider=pipedrive"))).toBe(true);
  });
});

describe("sorting", () => {
  test("a header press goes ascending, descending, ascending", () => {
    expect(toggleSort("name", "email")).toBe("email");
    expect(toggleSort("email", "email")).toBe("-email");
    expect(toggleSort("-email", "email")).toBe("email");
  });
  test("only the sorted column has a direction", () => {
    expect(sortDirection("-email", "email")).toBe("descending");
    expect(sortDirection("-email", "name")).toBe("none");
  });
});
