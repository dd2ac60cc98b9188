import { PronounsBanner } from "@/features/pronouns/banner";
import { Account } from "@/features/session/account";
import { SessionGuard } from "@/features/session/session-guard";
import { SyncRunner } from "@/features/sync/sync-runner";
import { Brand } from "./brand";
import { Nav } from "./nav";
import { SyncState } from "./sync-state";
import { ThemeToggle } from "./theme-toggle";

/** What stands around every page for people who are signed in: a sidebar on a wide screen, a bar above and below on a phone. */
export function AppShell({ children }: { children: React.ReactNode }) {
  return (
    <SyncRunner>
      <SessionGuard />
      <div data-members>
        <a
          href="#main"
          className="fixed top-2 left-2 z-50 -translate-y-20 rounded-md bg-action px-4 py-2 font-medium text-on-action focus:translate-y-0"
        >
          Skip to content
        </a>
        <div className="min-h-dvh md:grid md:grid-cols-[14.5rem_minmax(0,1fr)]">
          <aside aria-label="Contact Sync" className="sticky top-0 hidden h-dvh flex-col border-r bg-subtle/60 p-3 md:flex">
            <div className="px-2 pt-2 pb-5">
              <Brand />
            </div>
            <Nav layout="side" />
            <div className="mt-auto space-y-2">
              <Account layout="row" />
              <div className="flex items-center justify-between gap-2 pl-2">
                <SyncState />
                <ThemeToggle />
              </div>
            </div>
          </aside>
          <div className="flex min-w-0 flex-col pb-16 md:pb-0">
            <header className="sticky top-0 z-30 flex items-center border-b bg-surface/90 py-1.5 pr-2 pl-4 backdrop-blur-md md:hidden">
              <div className="mr-auto">
                <Brand />
              </div>
              <Account layout="menu" />
              <ThemeToggle />
            </header>
            <PronounsBanner />
            <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-4 py-6 md:px-8 md:py-8">
              {children}
            </main>
          </div>
          <div className="fixed inset-x-0 bottom-0 z-30 border-t bg-surface/95 pb-[env(safe-area-inset-bottom)] backdrop-blur-md md:hidden">
            <Nav layout="bottom" />
          </div>
        </div>
      </div>
    </SyncRunner>
  );
}
