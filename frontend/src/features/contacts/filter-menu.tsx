"use client";

import { ChevronDown } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu, MenuContent, MenuRadioGroup, MenuRadioItem, MenuTrigger } from "@/components/ui/menu";
import { cn } from "@/lib/cn";

interface Props<T extends string> {
  label: string;
  value: T;
  choices: { value: T; label: string }[];
  /** The choice that filters nothing; any other is marked. */
  neutral: T;
  onChange(value: T): void;
}

/** A button that names what is chosen, and a menu to choose from. */
export function FilterMenu<T extends string>({ label, value, choices, neutral, onChange }: Props<T>) {
  const chosen = choices.find((choice) => choice.value === value);
  const active = value !== neutral;
  return (
    <Menu modal={false}>
      <MenuTrigger asChild>
        <Button className={cn("font-normal", active && "border-brand/50 bg-brand-soft text-brand-ink hover:bg-brand-soft")}>
          <span className={active ? undefined : "text-ink-2"}>
            {label}
            {chosen && (active || neutral !== "") && <span className="font-medium">: {chosen.label}</span>}
          </span>
          <ChevronDown aria-hidden className="-mr-1 opacity-60" />
        </Button>
      </MenuTrigger>
      <MenuContent align="start">
        <MenuRadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
          {choices.map((choice) => (
            <MenuRadioItem key={choice.value} value={choice.value}>
              {choice.label}
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}
