"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { Confirm } from "@/components/ui/confirm";

/** Asks before a link, a reload or a closed tab throws unsaved changes away. */
export function LeaveGuard({ active }: { active: boolean }) {
  const router = useRouter();
  const [target, setTarget] = useState<string>();
  useEffect(() => {
    if (!active) return;
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    const click = (event: MouseEvent) => {
      const href = leavesFor(event);
      if (href === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      setTarget(href);
    };
    window.addEventListener("beforeunload", unload);
    window.addEventListener("click", click, { capture: true });
    return () => {
      window.removeEventListener("beforeunload", unload);
      window.removeEventListener("click", click, { capture: true });
    };
  }, [active]);
  return (
    <Confirm
      open={target !== undefined}
      onOpenChange={(open) => !open && setTarget(undefined)}
      title="Leave without saving?"
      description="Your changes to the settings are lost."
      action="Leave"
      onConfirm={() => {
        if (target !== undefined) router.push(target);
        setTarget(undefined);
      }}
    />
  );
}

/** The page of this site that a click leads to in this tab, if it leads away from here. */
function leavesFor(event: MouseEvent): string | undefined {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link?.href || link.target === "_blank" || link.origin !== window.location.origin) return undefined;
  return link.pathname === window.location.pathname ? undefined : link.pathname + link.search + link.hash;
}
