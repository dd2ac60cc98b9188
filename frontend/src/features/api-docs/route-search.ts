import type { Method } from "./openapi";

export interface RouteLink {
  id: string;
  method: Method;
  path: string;
  summary: string;
}

export interface RouteGroup {
  name: string;
  routes: RouteLink[];
}

/** The routes that hold every word of the query, in their method, address, title or group. */
export function matching(groups: RouteGroup[], query: string): RouteGroup[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return groups.flatMap(({ name, routes }) => {
    const fitting = routes.filter(({ method, path, summary }) => {
      const text = `${method} ${path} ${summary} ${name}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    return fitting.length > 0 ? [{ name, routes: fitting }] : [];
  });
}
