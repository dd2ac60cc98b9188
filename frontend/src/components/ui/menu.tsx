"use client";

import type { LucideIcon } from "lucide-react";
import { Slot } from "radix-ui";
import { lazy, Suspense, useState } from "react";

export interface MenuAction {
  label: string;
  icon: LucideIcon;
  /** An action has one of the two: something to do, or an address to open in a new tab. */
  onSelect?(): void;
  href?: string;
  danger?: boolean;
}

export interface MenuChoices<T extends string> {
  value: T;
  choices: readonly { value: T; label: string; icon?: LucideIcon }[];
  onChange(value: T): void;
}

interface Props {
  /** The button that opens it. */
  trigger: React.ReactElement;
  align?: "start" | "end";
  actions?: MenuAction[];
  choices?: MenuChoices<string>;
}

const load = () => import("./menu-panel");
const MenuPanel = lazy(load);

/** A menu of actions, or of choices of which one holds. Its code is fetched when somebody reaches for it. */
export function Menu({ trigger, ...content }: Props) {
  const [reached, setReached] = useState(false);
  const closed = (
    <Slot.Root
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={load}
      onFocus={load}
      onClick={() => setReached(true)}
      onKeyDown={(event) => event.key === "ArrowDown" && setReached(true)}
    >
      {trigger}
    </Slot.Root>
  );
  if (!reached) return closed;
  return (
    <Suspense fallback={closed}>
      <MenuPanel trigger={trigger} {...content} />
    </Suspense>
  );
}
