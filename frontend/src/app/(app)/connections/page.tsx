import type { Metadata } from "next";
import { Suspense } from "react";
import { ConnectionsPage } from "@/features/connections/connections-page";
import { ConnectionsSkeleton } from "@/features/connections/connections-skeleton";

export const metadata: Metadata = { title: "Connections" };

export default function Page() {
  return (
    <Suspense fallback={<ConnectionsSkeleton />}>
      <ConnectionsPage />
    </Suspense>
  );
}
