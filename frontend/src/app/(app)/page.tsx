import type { Metadata } from "next";
import { OverviewPage } from "@/features/overview/overview-page";

export const metadata: Metadata = { title: { absolute: "Overview · Contact Sync" } };

export default function Page() {
  return <OverviewPage />;
}
