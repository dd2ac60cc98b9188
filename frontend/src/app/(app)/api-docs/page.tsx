import type { Metadata } from "next";
import { ApiDocsPage } from "@/features/api-docs/api-docs-page";
import type { Document } from "@/features/api-docs/openapi";
import document from "../../../../public/openapi.json";

export const metadata: Metadata = { title: "API" };

export default function Page() {
  return <ApiDocsPage document={document as unknown as Document} />;
}
