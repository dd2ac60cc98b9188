"use client";

import { useState } from "react";
import { Input } from "@/components/ui/input";
import { MethodBadge } from "./method-badge";
import { matching, type RouteGroup } from "./route-search";

/** Every route of the page, to be searched and jumped to. */
export function RouteList({ groups }: { groups: RouteGroup[] }) {
  const [query, setQuery] = useState("");
  const found = matching(groups, query);
  const total = found.reduce((sum, group) => sum + group.routes.length, 0);
  return (
    <nav aria-label="Routes" className="flex max-h-80 min-h-0 flex-col rounded-lg border bg-surface lg:max-h-none lg:border-0 lg:bg-transparent">
      <div className="p-2 lg:px-0 lg:pt-0">
        <Input
          type="search"
          aria-label="Search the routes"
          placeholder="Search the routes"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            const first = found[0]?.routes[0];
            if (event.key === "Enter" && first) window.location.hash = first.id;
          }}
        />
        <p role="status" className="sr-only">
          {query ? `${total} found` : ""}
        </p>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-2 lg:px-0">
        {found.map((group) => (
          <div key={group.name} className="mb-3">
            <p className="px-2 py-1 text-sm font-medium text-ink-3">{group.name}</p>
            <ul>
              {group.routes.map((route) => (
                <li key={route.id}>
                  <a href={`#${route.id}`} title={route.path} className="flex min-h-8 items-center gap-2 rounded-md px-2 py-1 text-sm text-ink-2 hover:bg-hover hover:text-ink pointer-coarse:min-h-10">
                    <MethodBadge method={route.method} />
                    <span className="min-w-0 truncate">{route.summary}</span>
                  </a>
                </li>
              ))}
            </ul>
          </div>
        ))}
        {total === 0 && <p className="px-2 py-4 text-center text-sm text-ink-2">No route fits “{query}”.</p>}
      </div>
    </nav>
  );
}
