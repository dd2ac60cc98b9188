"use client";

import { Compass } from "lucide-react";
import Link from "next/link";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/states";
import { Brand } from "./brand";

/** Stands alone: whoever took a wrong turn need not be signed in to be told. */
export function NotFoundPage() {
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="px-5 py-4">
        <Brand />
      </header>
      <main id="main" className="flex flex-1 flex-col justify-center pb-[18vh]">
        <h1 className="sr-only">Not found</h1>
        <EmptyState
          icon={Compass}
          title="There is no such page"
          actions={
            <Button asChild>
              <Link href="/" prefetch={false}>
                Go to the overview
              </Link>
            </Button>
          }
        >
          The address may be misspelt, or the page has moved.
        </EmptyState>
      </main>
    </div>
  );
}
