import type { Metadata } from "next";
import { AppShell } from "@/components/shell/app-shell";
import { NotFoundPage } from "@/components/shell/not-found-page";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <AppShell>
      <NotFoundPage />
    </AppShell>
  );
}
