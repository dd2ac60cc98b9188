import { Download } from "lucide-react";
import { Button } from "@/components/ui/button";
import { groups } from "./model";
import type { Document } from "./openapi";
import { OperationSection } from "./operation-section";
import { Prose } from "./prose";
import { AccessSection, ErrorsSection, SchemasSection } from "./reference-sections";
import { RouteList } from "./route-list";

const accessWords: Record<string, string> = {
  sessionCookie: "Session",
  apiKey: "API key",
  hostToken: "Host token",
  cronSecret: "Cron secret",
  hubspotSignature: "HubSpot signature",
};

/** Of answers that no single route lists, because every address may give them. */
const everywhere = { MethodNotAllowed: "405" };

/** The API's document, laid out when the site is built: the browser gets a page, and no code to make it. */
export function ApiDocsPage({ document }: { document: Document }) {
  const all = groups(document);
  const shared = all.flatMap(({ operations }) => operations.flatMap(({ errors }) => errors.map(({ name, status }) => [name, status])));
  const statuses: Record<string, string> = { ...everywhere, ...Object.fromEntries(shared) };
  return (
    <>
      <header className="mb-6 flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <h1 className="text-xl font-semibold">API</h1>
          <Prose text={document.info.description} className="mt-1 max-w-3xl text-pretty text-ink-2" />
        </div>
        <Button asChild>
          <a href="/openapi.json" download>
            <Download aria-hidden />
            OpenAPI document
          </a>
        </Button>
      </header>
      <div className="gap-8 lg:grid lg:grid-cols-[15.5rem_minmax(0,1fr)]">
        <div className="mb-6 lg:sticky lg:top-6 lg:mb-0 lg:flex lg:h-[calc(100dvh-3rem)] lg:flex-col">
          <RouteList
            groups={all.map(({ name, operations }) => ({
              name,
              routes: operations.map(({ id, method, path, summary }) => ({ id, method, path, summary })),
            }))}
          />
        </div>
        <div className="min-w-0">
          <AccessSection document={document} words={accessWords} />
          {all.map(({ name, description, operations }) => (
            <section key={name} aria-labelledby={`group-${name}`} className="border-t pt-7">
              <h2 id={`group-${name}`} className="text-xl font-semibold">
                {name}
              </h2>
              <p className="mt-0.5 text-ink-2">{description}</p>
              {operations.map((operation) => (
                <OperationSection key={operation.id} operation={operation} accessWords={accessWords} />
              ))}
            </section>
          ))}
          <ErrorsSection document={document} statuses={statuses} />
          <SchemasSection document={document} />
        </div>
      </div>
    </>
  );
}
