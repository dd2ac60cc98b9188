const page = "/sign-in";

/** The address of the sign-in page that leads back to where one is. */
export function signInHref(from: string): string {
  return from === "/" ? page : `${page}?next=${encodeURIComponent(from)}`;
}

/** Where to go after signing in: a page of this site, whatever the address says. */
export function nextPath(search: URLSearchParams): string {
  const next = search.get("next") ?? "";
  const base = "https://this.invalid";
  const url = URL.canParse(next, base) ? new URL(next, base) : undefined;
  if (!next.startsWith("/") || url?.origin !== base || url.pathname === page || url.pathname.startsWith("/api/")) return "/";
  return url.pathname + url.search + url.hash;
}
