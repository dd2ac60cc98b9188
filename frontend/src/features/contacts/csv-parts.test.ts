import { describe, expect, test } from "vitest";
import type { ImportResult } from "@/lib/api-types";
import { addResult, csvParts, CsvError, type CsvPart } from "./csv-parts";

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (parts: CsvPart[]) => Promise.all(parts.map((part) => part.body.text()));

describe("csvParts", () => {
  test("a small file is one part, byte for byte", async () => {
    const file = "email,name\r\na@x.org,A\r\nb@x.org,B";
    const parts = csvParts(bytes(file));
    expect(await texts(parts)).toEqual([file]);
    expect(parts[0]).toMatchObject({ firstLine: 2, headerLines: 1, records: 2 });
  });

  test("every part starts with the header and stays below the limit", async () => {
    const rows = Array.from({ length: 100 }, (_, i) => `person${i}@example.com,Person ${i}\n`);
    const parts = csvParts(bytes("email,name\n" + rows.join("")), 300);
    const contents = await texts(parts);
    expect(parts.length).toBeGreaterThan(5);
    for (const content of contents) {
      expect(content.startsWith("email,name\n")).toBe(true);
      expect(content.length).toBeLessThanOrEqual(300);
    }
    expect(contents.map((content) => content.slice("email,name\n".length)).join("")).toBe(rows.join(""));
    expect(parts.reduce((sum, part) => sum + part.records, 0)).toBe(100);
  });

  test("a quoted cell with line ends and quotes in it is never cut", async () => {
    const row = '"a ""quoted""\nname, with\nlines",x@example.com\n';
    const parts = csvParts(bytes("name,email\n" + row.repeat(3)), 70);
    expect(await texts(parts)).toEqual([0, 1, 2].map(() => "name,email\n" + row));
    expect(parts.map((part) => part.firstLine)).toEqual([2, 5, 8]);
  });

  test("a quotation mark inside an unquoted cell opens nothing", () => {
    const parts = csvParts(bytes('name,size\nPipe,5" wide\nRod,3\n'), 25);
    expect(parts.map((part) => part.records)).toEqual([1, 1]);
  });

  test("old Mac line ends and blank lines", () => {
    const [part] = csvParts(bytes("email\ra@x.org\r\rb@x.org\r"));
    expect(part).toMatchObject({ records: 2, firstLine: 2 });
  });

  test("UTF-16 becomes UTF-8, and a byte order mark is dropped", async () => {
    const utf16 = new Uint8Array([0xff, 0xfe, ...[..."n\nÄ\n"].flatMap((c) => [c.charCodeAt(0), 0])]);
    expect(await texts(csvParts(utf16))).toEqual(["n\nÄ\n"]);
    expect(await texts(csvParts(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes("n\nB\n")])))).toEqual(["n\nB\n"]);
  });

  test.each([
    ["", "The file is empty."],
    ["email,name\n", "The file has a header line but no contacts."],
    [`email\n"${"x".repeat(300)}\n`, "Line 2 is larger than one request may be. Is a quotation mark missing?"],
  ])("%j is refused", (text, message) => {
    expect(() => csvParts(bytes(text), 200)).toThrow(new CsvError(message));
  });
});

describe("addResult", () => {
  const result = (over: Partial<ImportResult>): ImportResult => ({ runId: "r", created: 0, updated: 0, unchanged: 0, rejected: [], ...over });

  test("sums the counts and speaks of lines of the whole file", () => {
    const parts = csvParts(bytes("email\n" + "aaaaa@x.org\n".repeat(4)), 30);
    expect(parts.map((part) => part.firstLine)).toEqual([2, 4]);
    const first = addResult(undefined, result({ created: 1, rejected: [{ line: 3, message: "bad" }] }), parts[0]!);
    const both = addResult(first, result({ updated: 1, rejected: [{ line: 2, message: "worse" }] }), parts[1]!);
    expect(both).toEqual(
      result({
        created: 1,
        updated: 1,
        rejected: [
          { line: 3, message: "bad" },
          { line: 4, message: "worse" },
        ],
      }),
    );
  });
});
