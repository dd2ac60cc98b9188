import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

const button = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 whitespace-nowrap rounded-md font-medium transition-colors select-none disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-60 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-action text-on-action shadow-panel hover:bg-action-hover",
        outline: "border border-line-strong/70 bg-surface text-ink shadow-panel hover:bg-hover",
        ghost: "text-ink-2 hover:bg-hover hover:text-ink",
        danger: "bg-bad-ink text-surface hover:opacity-90",
      },
      size: {
        sm: "h-7 px-2.5 text-sm pointer-coarse:h-9",
        md: "h-8.5 px-3.5 text-base pointer-coarse:h-10",
        icon: "size-8.5 pointer-coarse:size-10",
      },
    },
    defaultVariants: { variant: "outline", size: "md" },
  },
);

interface Props extends ComponentProps<"button">, VariantProps<typeof button> {
  asChild?: boolean;
  /** Shows a spinner and ignores presses; the button keeps its focus and its name. */
  busy?: boolean;
}

export function Button({ className, variant, size, asChild, busy, children, onClick, ...props }: Props) {
  const classes = cn(button({ variant, size }), className);
  if (asChild) {
    return (
      <Slot.Root className={classes} onClick={onClick} {...props}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type="button"
      className={classes}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...props}
    >
      {busy && <LoaderCircle aria-hidden className="animate-spin" />}
      {children}
    </button>
  );
}
