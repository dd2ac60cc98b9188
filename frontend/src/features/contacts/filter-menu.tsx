"use client";

import { ChevronDown } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu";
import { cn } from "@/lib/cn";

interface Props<T extends string> {
  label: string;
  value: T;
  choices: { value: T; label: string }[];
  /** The choice that filters nothing; any other is marked. Left out where every choice is as good. */
  neutral?: T;
  onChange(value: T): void;
}

/** A button that names what is chosen, and a menu to choose from. */
export function FilterMenu<T extends string>({ label, value, choices, neutral, onChange }: Props<T>) {
  const chosen = value === neutral ? undefined : choices.find((choice) => choice.value === value);
  const filters = chosen !== undefined && neutral !== undefined;
  return (
    <Menu
      align="start"
      choices={{ value, choices, onChange: (next) => onChange(next as T) }}
      trigger={
        <Button className={cn("font-normal", filters && "border-brand/50 bg-brand-soft text-brand-ink hover:bg-brand-soft")}>
          <span className={filters ? undefined : "text-ink-2"}>
            {label}
            {chosen && <span className="font-medium">: {chosen.label}</span>}
          </span>
          <ChevronDown aria-hidden className="-mr-1 opacity-60" />
        </Button>
      }
    />
  );
}
