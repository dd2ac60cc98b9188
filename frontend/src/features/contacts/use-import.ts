import { useRef, useState } from "react";
import { api, asApiError } from "@/lib/api";
import type { ImportResult } from "@/lib/api-types";
import { useRevalidate } from "@/lib/polling";
import { addResult, csvParts, type CsvPart } from "./csv-parts";
import { contactsPath } from "./use-contacts";

export type ImportState =
  | { step: "choose"; problem?: string }
  | { step: "sending"; file: string; part: number; parts: number; records: number; sent: number }
  | { step: "stopped"; file: string; message: string; sent: number; records: number; result?: ImportResult }
  | { step: "done"; file: string; result: ImportResult };

interface Job {
  file: string;
  parts: CsvPart[];
  /** The part to send next. */
  next: number;
  result?: ImportResult;
}

/** Sends a CSV file part by part. What was sent stays imported when a later part fails; sending goes on from there. */
export function useImport() {
  const [state, setState] = useState<ImportState>({ step: "choose" });
  const job = useRef<Job>(undefined);
  const revalidate = useRevalidate();

  async function choose(file: File) {
    try {
      job.current = { file: file.name, parts: csvParts(new Uint8Array(await file.arrayBuffer())), next: 0 };
    } catch (error) {
      return setState({ step: "choose", problem: error instanceof Error ? error.message : "The file could not be read." });
    }
    await send();
  }

  async function send() {
    const current = job.current;
    if (!current) return;
    const { file, parts } = current;
    const records = sum(parts);
    try {
      for (; current.next < parts.length; current.next++) {
        const part = parts[current.next]!;
        setState({ step: "sending", file, part: current.next + 1, parts: parts.length, records, sent: sum(parts.slice(0, current.next)) });
        const result = await api<ImportResult>(`${contactsPath}/import`, { method: "POST", body: part.body });
        current.result = addResult(current.result, result, part);
        void revalidate(contactsPath, "/api/sync");
      }
      setState({ step: "done", file, result: current.result! });
    } catch (error) {
      const sent = sum(parts.slice(0, current.next));
      setState({ step: "stopped", file, message: asApiError(error).message, sent, records, result: current.result });
    } finally {
      void revalidate(contactsPath, "/api/sync", "/api/activity");
    }
  }

  function reset() {
    job.current = undefined;
    setState({ step: "choose" });
  }

  return { state, choose, resume: send, reset };
}

function sum(parts: CsvPart[]): number {
  return parts.reduce((total, part) => total + part.records, 0);
}
