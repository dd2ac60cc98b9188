"use client";

import { CircleAlert, FileSpreadsheet } from "lucide-react";
import { useId, useState } from "react";
import { cn } from "@/lib/cn";

/** Takes one CSV file, dropped or chosen. */
export function FileDrop({ problem, onFile }: { problem?: string; onFile(file: File): void }) {
  const id = useId();
  const [over, setOver] = useState(false);
  return (
    <>
      <label
        htmlFor={id}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          const file = event.dataTransfer.files[0];
          if (file) onFile(file);
        }}
        className={cn(
          "flex cursor-pointer flex-col items-center rounded-lg border border-dashed border-line-strong px-6 py-10 text-center transition-colors focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-brand hover:bg-subtle",
          over && "border-brand bg-brand-soft",
        )}
      >
        <FileSpreadsheet aria-hidden className="mb-3 size-6 text-ink-3" strokeWidth={1.75} />
        <span className="text-lg font-semibold">Drop a CSV file here</span>
        <span className="mt-0.5 text-ink-2">
          or <span className="font-medium text-brand-ink underline underline-offset-2">choose one</span>
        </span>
        <input
          id={id}
          type="file"
          accept=".csv,text/csv"
          className="sr-only"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) onFile(file);
            event.target.value = "";
          }}
        />
      </label>
      {problem && (
        <p role="alert" className="mt-3 flex items-start gap-1.5 text-bad-ink">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {problem}
        </p>
      )}
      <p className="mt-4 text-sm text-ink-2">
        The first line names the columns. Exports of HubSpot, Pipedrive and Google Contacts work as they are, and so do plain names such as
        email, first_name, phone or company.
      </p>
    </>
  );
}
