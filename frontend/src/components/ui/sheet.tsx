"use client";

import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { Button } from "./button";
import { cn } from "@/lib/cn";

interface Props {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description: string;
  className?: string;
  children: React.ReactNode;
}

const overlay = "fixed inset-0 z-40 bg-overlay data-[state=open]:animate-in data-[state=open]:fade-in-0 duration-200";

/** A panel from the right edge; the whole screen on a phone. */
export function Sheet({ className, ...props }: Props) {
  return (
    <Panel
      {...props}
      className={cn(
        "inset-y-0 right-0 w-full max-w-full sm:w-[30rem] sm:border-l data-[state=open]:slide-in-from-right-8",
        className,
      )}
    />
  );
}

/** A panel in the middle of the screen; at the bottom of a phone's. */
export function Modal({ className, ...props }: Props) {
  return (
    <Panel
      {...props}
      className={cn(
        "inset-x-0 bottom-0 mx-auto max-h-[92dvh] w-full max-w-[34rem] rounded-t-xl sm:top-[12vh] sm:bottom-auto sm:max-h-[76vh] sm:rounded-xl data-[state=open]:slide-in-from-bottom-4",
        className,
      )}
    />
  );
}

function Panel({ open, onOpenChange, title, description, className, children }: Props) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className={overlay} />
        <Dialog.Content
          className={cn(
            "fixed z-50 flex flex-col bg-surface shadow-float outline-none duration-200 data-[state=open]:animate-in data-[state=open]:fade-in-0",
            className,
          )}
        >
          <header className="flex items-start justify-between gap-4 border-b px-5 py-4">
            <div className="min-w-0">
              <Dialog.Title className="truncate text-lg font-semibold">{title}</Dialog.Title>
              <Dialog.Description className="mt-0.5 text-sm text-ink-2">{description}</Dialog.Description>
            </div>
            <Dialog.Close asChild>
              <Button variant="ghost" size="icon" aria-label="Close" className="-mt-1.5 -mr-2">
                <X aria-hidden />
              </Button>
            </Dialog.Close>
          </header>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

export function PanelBody({ className, children }: { className?: string; children: React.ReactNode }) {
  return <div className={cn("min-h-0 flex-1 overflow-y-auto px-5 py-5", className)}>{children}</div>;
}

export function PanelFooter({ children }: { children: React.ReactNode }) {
  return <footer className="flex items-center justify-end gap-2 border-t px-5 py-3.5">{children}</footer>;
}
