"use client";

import { CircleUser, LogOut } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu";
import { forget } from "@/lib/admission";
import { api, asApiError, sessionPath } from "@/lib/api";
import { useSession } from "./use-session";

/** Who is signed in, and the way out. Nothing where nobody signed in by hand: there is nothing to sign out of. */
export function Account({ layout }: { layout: "row" | "menu" }) {
  const { data: session } = useSession();
  const { leaving, signOut } = useSignOut();
  if (!session?.signedIn || session.via !== "password") return null;
  const user = session.user ?? "Signed in";
  if (layout === "menu") {
    return (
      <Menu
        actions={[{ label: "Sign out", icon: LogOut, onSelect: () => void signOut() }]}
        trigger={
          <Button variant="ghost" size="icon" aria-label={`Account: ${user}`}>
            <CircleUser aria-hidden />
          </Button>
        }
      />
    );
  }
  return (
    <div className="flex items-center gap-2 border-b pb-2 pl-2">
      <CircleUser aria-hidden className="size-4 shrink-0 text-ink-3" />
      <span className="min-w-0 flex-1 truncate text-sm text-ink-2">
        <span className="sr-only">Signed in as </span>
        {user}
      </span>
      <Button variant="ghost" size="icon" aria-label="Sign out" title="Sign out" busy={leaving} onClick={() => void signOut()}>
        {!leaving && <LogOut aria-hidden />}
      </Button>
    </div>
  );
}

/** Ends the session and loads the sign-in page anew, so that nothing of what was shown stays in memory. */
function useSignOut() {
  const [leaving, setLeaving] = useState(false);
  async function signOut() {
    setLeaving(true);
    try {
      await api<void>(sessionPath, { method: "DELETE" });
      forget();
      window.location.assign("/sign-in");
    } catch (error) {
      setLeaving(false);
      toast.error("You are still signed in", { description: asApiError(error).message });
    }
  }
  return { leaving, signOut };
}
