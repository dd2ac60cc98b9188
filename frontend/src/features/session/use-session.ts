import useSWR from "swr";
import { api, sessionPath, type ApiError } from "@/lib/api";
import type { Session } from "@/lib/api-types";

const read = (path: string) => api<Session>(path);

/** Who is signed in. Unlike everything else, this may be asked by nobody. */
export function useSession() {
  return useSWR<Session, ApiError>(sessionPath, read);
}
