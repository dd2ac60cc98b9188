"use client";

import { Check } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Fragment } from "react";
import { cn } from "@/lib/cn";
import type { MenuAction, MenuChoices } from "./menu";

interface Props {
  trigger: React.ReactElement;
  align?: "start" | "end";
  actions?: MenuAction[];
  choices?: MenuChoices<string>;
}

const item =
  "relative flex min-h-8 items-center gap-2 rounded-sm px-2 py-1 text-base text-ink outline-none select-none data-highlighted:bg-hover pointer-coarse:min-h-10 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-3";

export default function MenuPanel({ trigger, align = "end", actions, choices }: Props) {
  return (
    <DropdownMenu.Root defaultOpen modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-44 rounded-lg bg-surface p-1 shadow-float duration-100 data-[state=open]:animate-in data-[state=open]:fade-in-0 data-[state=open]:zoom-in-95"
        >
          {actions?.map((action, index) => (
            <Fragment key={action.label}>
              {action.danger && index > 0 && <DropdownMenu.Separator className="-mx-1 my-1 h-px bg-line" />}
              <Action action={action} />
            </Fragment>
          ))}
          {choices && <Choices {...choices} />}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Action({ action: { label, icon: Icon, href, danger, onSelect } }: { action: MenuAction }) {
  const content = (
    <>
      <Icon aria-hidden />
      {label}
    </>
  );
  return (
    <DropdownMenu.Item
      asChild={href !== undefined}
      onSelect={onSelect}
      className={cn(item, danger && "text-bad-ink data-highlighted:bg-bad-soft [&_svg]:text-current")}
    >
      {href === undefined ? (
        content
      ) : (
        <a href={href} target="_blank" rel="noreferrer">
          {content}
        </a>
      )}
    </DropdownMenu.Item>
  );
}

function Choices({ value, choices, onChange }: MenuChoices<string>) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={onChange}>
      {choices.map(({ value: choice, label, icon: Icon }) => (
        <DropdownMenu.RadioItem key={choice} value={choice} className={cn(item, "pr-8")}>
          {Icon && <Icon aria-hidden />}
          {label}
          <DropdownMenu.ItemIndicator className="absolute right-2">
            <Check aria-hidden />
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
