"use client";

import { Tooltip as Radix } from "radix-ui";

/** Extra words on hover and focus. The trigger must be focusable, or the words must be repeated elsewhere. */
export function Tooltip({ text, children }: { text: string; children: React.ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-72 rounded-md bg-action px-2.5 py-1.5 text-sm text-on-action shadow-float"
        >
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export const TooltipProvider = Radix.Provider;
