import type { ImportResult } from "@/lib/api-types";

export interface CsvPart {
  body: Blob;
  /** The line of the file on which the part's first record begins; the header is line 1. */
  firstLine: number;
  /** Lines taken by the header that stands before it. */
  headerLines: number;
  /** Records in this part, those that span several lines counted once. */
  records: number;
}

/** The platform takes 4.5 MB a request. Smaller parts are done well within a function's time, and show progress. */
export const partLimit = 1_000_000;

export class CsvError extends Error {}

const newline = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const separators = new Set([0x2c, 0x3b, 0x09]);

/**
 * Cuts a CSV file into parts that each fit one request, between records and never inside a quoted cell, each
 * beginning with the header. Works on bytes, so whatever encoding the file has is sent on as it is; only UTF-16
 * is turned into UTF-8 first.
 */
export function csvParts(input: Uint8Array<ArrayBuffer>, limit = partLimit): CsvPart[] {
  const bytes = asUtf8(input);
  const records = splitRecords(bytes);
  const header = records.shift();
  if (!header) throw new CsvError("The file is empty.");
  if (records.length === 0) throw new CsvError("The file has a header line but no contacts.");
  const head = bytes.subarray(header.start, header.end);
  const part = (from: number, to: number): CsvPart => ({
    body: new Blob([head, bytes.subarray(records[from]!.start, records[to - 1]!.end)], { type: "text/csv" }),
    firstLine: records[from]!.line,
    headerLines: header.lines,
    records: to - from,
  });
  const parts: CsvPart[] = [];
  let first = 0;
  records.forEach((record, index) => {
    if (head.length + record.end - record.start > limit) {
      throw new CsvError(`Line ${record.line} is larger than one request may be. Is a quotation mark missing?`);
    }
    const start = records[first]!.start;
    if (head.length + record.end - start > limit) {
      parts.push(part(first, index));
      first = index;
    }
  });
  parts.push(part(first, records.length));
  return parts;
}

interface CsvRecord {
  start: number;
  /** Behind its line end. */
  end: number;
  line: number;
  /** How many lines it takes. */
  lines: number;
}

function splitRecords(bytes: Uint8Array): CsvRecord[] {
  const records: CsvRecord[] = [];
  let start = 0;
  let line = 1;
  let startLine = 1;
  let quoted = false;
  let cellStart = true;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    const lineEnd = byte === newline || (byte === carriageReturn && bytes[i + 1] !== newline);
    if (lineEnd) line++;
    if (quoted) {
      if (byte !== quote) continue;
      if (bytes[i + 1] === quote) i++;
      else quoted = false;
      continue;
    }
    if (lineEnd) {
      records.push({ start, end: i + 1, line: startLine, lines: line - startLine });
      start = i + 1;
      startLine = line;
      cellStart = true;
    } else if (byte === quote && cellStart) {
      quoted = true;
      cellStart = false;
    } else {
      cellStart = separators.has(byte);
    }
  }
  if (start < bytes.length) records.push({ start, end: bytes.length, line: startLine, lines: line - startLine + 1 });
  return records.filter((record) => !blank(bytes.subarray(record.start, record.end)));
}

function blank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === newline || byte === carriageReturn || byte === 0x20);
}

function asUtf8(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return bytes.subarray(3);
  if (a === 0xff && b === 0xfe) return new TextEncoder().encode(new TextDecoder("utf-16le").decode(bytes));
  if (a === 0xfe && b === 0xff) return new TextEncoder().encode(new TextDecoder("utf-16be").decode(bytes));
  return bytes;
}

/** Adds a part's result to what came before, its line numbers turned into those of the whole file. */
export function addResult(sum: ImportResult | undefined, result: ImportResult, part: CsvPart): ImportResult {
  const shift = part.firstLine - part.headerLines - 1;
  const rejected = result.rejected.map(({ line, message }) => ({ line: line > part.headerLines ? line + shift : line, message }));
  if (!sum) return { ...result, rejected };
  return {
    runId: result.runId,
    created: sum.created + result.created,
    updated: sum.updated + result.updated,
    unchanged: sum.unchanged + result.unchanged,
    rejected: [...sum.rejected, ...rejected],
  };
}
