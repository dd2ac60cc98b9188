"use client";

import { Braces, LayoutDashboard, Plug, SlidersHorizontal, UsersRound, type LucideIcon } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { cn } from "@/lib/cn";

const items: { href: string; label: string; icon: LucideIcon }[] = [
  { href: "/", label: "Overview", icon: LayoutDashboard },
  { href: "/contacts", label: "Contacts", icon: UsersRound },
  { href: "/connections", label: "Connections", icon: Plug },
  { href: "/settings", label: "Settings", icon: SlidersHorizontal },
  { href: "/api-docs", label: "API", icon: Braces },
];

const layouts = {
  side: {
    list: "space-y-0.5",
    link: "flex h-8.5 items-center gap-2.5 rounded-md px-2.5 font-medium text-ink-2 transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-hover aria-[current=page]:text-ink",
    icon: "size-4",
  },
  bottom: {
    list: "flex",
    link: "flex min-h-14 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-xs font-medium text-ink-3 aria-[current=page]:text-brand-ink",
    icon: "size-5",
  },
};

/** The pages. Each is fetched ahead when somebody reaches for it, not before: the first load stays light. */
export function Nav({ layout }: { layout: keyof typeof layouts }) {
  const pathname = usePathname();
  const router = useRouter();
  const classes = layouts[layout];
  return (
    <nav aria-label="Pages">
      <ul className={classes.list}>
        {items.map(({ href, label, icon: Icon }) => (
          <li key={href} className={cn(layout === "bottom" && "flex min-w-0 flex-1")}>
            <Link
              href={href}
              prefetch={false}
              onPointerEnter={() => router.prefetch(href)}
              aria-current={pathname === href ? "page" : undefined}
              className={classes.link}
            >
              <Icon aria-hidden className={classes.icon} strokeWidth={2} />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
