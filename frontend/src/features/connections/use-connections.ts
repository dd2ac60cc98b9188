import useSWR from "swr";
import type { ApiError } from "@/lib/api";
import type { Connections, Provider } from "@/lib/api-types";
import { every } from "@/lib/polling";

export const connectionsPath = "/api/connections";

export const connectionPath = (provider: Provider) => `${connectionsPath}/${provider}`;

const refresh = every<Connections>(10_000);

export function useConnections() {
  return useSWR<Connections, ApiError>(connectionsPath, refresh);
}
