"use client";

import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Input } from "@/components/ui/input";

const pause = 250;

/** Reports what was typed once the typing pauses; follows `value` when that changes from elsewhere. */
export function SearchBox({ value, onSearch }: { value: string; onSearch(value: string): void }) {
  const [text, setText] = useState(value);
  const [shown, setShown] = useState(value);
  const [reported, setReported] = useState(value);
  const report = useRef(onSearch);
  useEffect(() => {
    report.current = onSearch;
  });
  if (value !== shown) {
    setShown(value);
    if (value !== reported) {
      setText(value);
      setReported(value);
    }
  }
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === reported) return;
    const timer = setTimeout(() => {
      setReported(wanted);
      report.current(wanted);
    }, pause);
    return () => clearTimeout(timer);
  }, [text, reported]);
  return (
    <div className="relative min-w-0 flex-1 basis-full sm:max-w-80 sm:basis-60">
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-ink-3" />
      <Input
        type="search"
        aria-label="Search contacts"
        placeholder="Search name, e-mail or phone"
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="pl-8.5 [&::-webkit-search-cancel-button]:grayscale"
      />
    </div>
  );
}
