# Shared by the commands beside it: installs and builds the web UI, when needed.
# Expects the project's folder as working directory.

# sources prints a sum that changes with anything the build depends on.
sources() {
  find frontend -path frontend/node_modules -prune -o -path frontend/.next -prune -o -path frontend/out -prune -o \
    -path frontend/e2e -prune -o -path frontend/test-results -prune -o -path frontend/screenshots -prune -o \
    -type f ! -name next-env.d.ts ! -name '*.tsbuildinfo' -print | LC_ALL=C sort | while IFS= read -r file; do cksum "$file"; done | cksum
}

# need_node fails unless Node is there and new enough.
need_node() {
  command -v node >/dev/null 2>&1 || { echo "Node is missing. Install Node 20.9 or newer: https://nodejs.org" >&2; return 1; }
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 9) ? 0 : 1)' ||
    { echo "Node $(node -p process.versions.node) is too old: 20.9 or newer is needed." >&2; return 1; }
}

# need_go fails unless Go is there; older ones fetch the version of go.mod themselves.
need_go() {
  command -v go >/dev/null 2>&1 || { echo "Go is missing. Install Go 1.26 or newer: https://go.dev/dl" >&2; return 1; }
}

packages_are_current() {
  [ frontend/node_modules/.package-lock.json -nt frontend/package-lock.json ] && [ frontend/node_modules/.package-lock.json -nt frontend/package.json ]
}

install_packages() {
  npm install --prefix frontend --no-audit --no-fund --loglevel=error && touch frontend/node_modules/.package-lock.json
}

build_is_current() {
  [ -f frontend/out/index.html ] && [ "$(cat .bin/frontend.sum 2>/dev/null)" = "$(sources)" ]
}

build_pages() {
  NEXT_TELEMETRY_DISABLED=1 npm run --silent build --prefix frontend && mkdir -p .bin && sources >.bin/frontend.sum
}
