import type { NextConfig } from "next";
import { PHASE_DEVELOPMENT_SERVER } from "next/constants";

/** Where `npm run dev` finds the functions: the local host (`go run ./scripts/dev`). */
const devApi = process.env.DEV_API_URL ?? "http://127.0.0.1:3000";

/** The product ships as static files; only the development server proxies the API. */
export default function config(phase: string): NextConfig {
  const shared: NextConfig = {
    reactStrictMode: true,
    poweredByHeader: false,
    devIndicators: false,
    images: { unoptimized: true },
    experimental: { optimizePackageImports: ["radix-ui", "lucide-react"] },
  };
  if (phase === PHASE_DEVELOPMENT_SERVER) {
    return {
      ...shared,
      rewrites: async () => [{ source: "/api/:path*", destination: `${devApi}/api/:path*` }],
    };
  }
  return { ...shared, output: "export" };
}
