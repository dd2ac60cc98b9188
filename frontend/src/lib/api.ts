import { dismiss, isAdmitted, whenAdmitted } from "./admission";
import type { Session } from "./api-types";

/** The one way the UI talks to the API. */

export const sessionPath = "/api/session";

export class ApiError extends Error {
  override readonly name = "ApiError";

  /** `status` is 0 when no answer came at all. `details` depends on the code: `{field: message}` for 422, `{id}` for 409. */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Record<string, string> = {},
    readonly requestId?: string,
    /** Of 429: before this, asking again is useless. */
    readonly retryAt?: Date,
  ) {
    super(message);
  }
}

export interface RequestOptions {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** Sent as JSON, unless it is a Blob: that goes as it is, under its own type. */
  body?: unknown;
  /** The revision the change was made from; the server answers 412 when it moved on. */
  rev?: number;
  signal?: AbortSignal;
}

export async function api<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  if (response.status === 204) return undefined as T;
  const body = await readJson(response);
  if (!response.ok) {
    if (response.status === 401 && path !== sessionPath) await checkSession();
    throw toError(response, body);
  }
  if (body === undefined) throw new ApiError(response.status, "bad_answer", "The server's answer could not be read.");
  return body as T;
}

/** Reads for somebody who is signed in. What a signed-out person asks for stays open: the sign-in page takes over. */
export async function fetcher<T>(path: string): Promise<T> {
  await whenAdmitted();
  try {
    return await api<T>(path);
  } catch (error) {
    if (isAdmitted()) throw error;
    return new Promise(() => {});
  }
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, "unexpected", error instanceof Error ? error.message : String(error));
}

async function send(path: string, { method = "GET", body, rev, signal }: RequestOptions): Promise<Response> {
  const headers = new Headers({ Accept: "application/json" });
  let payload: BodyInit | undefined;
  if (body instanceof Blob) {
    headers.set("Content-Type", body.type);
    payload = body;
  } else if (body !== undefined) {
    headers.set("Content-Type", "application/json");
    payload = JSON.stringify(body);
  }
  if (rev !== undefined) headers.set("If-Match", String(rev));
  try {
    return await fetch(path, { method, headers, body: payload, signal, credentials: "same-origin" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "unreachable", "Contact Sync can't be reached. Check the connection and try again.");
  }
}

let checking: Promise<void> | undefined;

/** After a refusal: finds out whether the session has ended, once for all the requests that were refused together. */
function checkSession(): Promise<void> {
  checking ??= api<Session>(sessionPath)
    .then(({ signedIn }) => (signedIn ? undefined : dismiss()))
    .catch(() => undefined)
    .finally(() => (checking = undefined));
  return checking;
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function toError(response: Response, body: unknown): ApiError {
  const error = (body as { error?: Partial<ErrorBody> } | undefined)?.error;
  const message = error?.message ?? plainMessage(response.status);
  return new ApiError(response.status, error?.code ?? "http", message, error?.details ?? {}, error?.requestId, retryAt(response));
}

function retryAt(response: Response): Date | undefined {
  const seconds = Number(response.headers.get("Retry-After") ?? NaN);
  return response.status === 429 && Number.isFinite(seconds) ? new Date(Date.now() + seconds * 1000) : undefined;
}

interface ErrorBody {
  code: string;
  message: string;
  details: Record<string, string>;
  requestId: string;
}

/** For answers without our error body: they come from the platform in front of the functions. */
function plainMessage(status: number): string {
  if (status === 413) return "That is too large to send in one request.";
  if (status === 504 || status === 408) return "The server took too long to answer.";
  if (status >= 500) return `The server failed to answer (${status}).`;
  return `The server refused the request (${status}).`;
}
