import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { api, ApiError, asApiError } from "./api";

let server: Server | undefined;

async function serve(handler: RequestListener): Promise<string> {
  server = createServer(handler);
  await new Promise<void>((listening) => server?.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.close();
});

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe("api", () => {
  test("sends JSON with the revision and reads JSON", async () => {
    let seen: IncomingMessage | undefined;
    let body = "";
    const url = await serve((request, response) => {
      seen = request;
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => response.end('{"rev":4}'));
    });
    const answer = await api<{ rev: number }>(`${url}/api/contacts/1`, { method: "PATCH", rev: 3, body: { phone: "" } });
    expect(answer.rev).toBe(4);
    expect(seen?.headers).toMatchObject({ "if-match": "3", "content-type": "application/json" });
    expect(body).toBe('{"phone":""}');
  });

  test("sends a file as it is", async () => {
    let type: string | undefined;
    const url = await serve((request, response) => {
      type = request.headers["content-type"];
      response.end("{}");
    });
    await api(url, { method: "POST", body: new Blob(["a\nb"], { type: "text/csv" }) });
    expect(type).toBe("text/csv");
  });

  test("an answer without content is no error", async () => {
    const url = await serve((_request, response) => response.writeHead(204).end());
    expect(await api(url, { method: "DELETE" })).toBeUndefined();
  });

  test("throws the server's code, message and details", async () => {
    const url = await serve((_request, response) =>
      response
        .writeHead(422)
        .end('{"error":{"code":"invalid","message":"Look again","details":{"email":"is no address"},"requestId":"q1"}}'),
    );
    expect(await failure(api(url))).toMatchObject({
      status: 422,
      code: "invalid",
      message: "Look again",
      details: { email: "is no address" },
      requestId: "q1",
    });
  });

  test("knows when asking again makes sense", async () => {
    const url = await serve((_request, response) => response.writeHead(429, { "Retry-After": "90" }).end('{"error":{"code":"throttled","message":"Wait."}}'));
    const before = Date.now();
    const { retryAt } = await failure(api(url));
    expect(retryAt!.getTime()).toBeGreaterThanOrEqual(before + 90_000);
    expect(retryAt!.getTime()).toBeLessThanOrEqual(Date.now() + 90_000);
  });

  test.each([
    [413, "That is too large to send in one request."],
    [502, "The server failed to answer (502)."],
    [504, "The server took too long to answer."],
  ])("a %d page of the platform gets words of our own", async (status, message) => {
    const url = await serve((_request, response) => response.writeHead(status, { "content-type": "text/html" }).end("<h1>no</h1>"));
    expect(await failure(api(url))).toMatchObject({ status, message });
  });

  test("a page where JSON was expected is an error, not a result", async () => {
    const url = await serve((_request, response) => response.end("<!doctype html>"));
    expect(await failure(api(url))).toMatchObject({ code: "bad_answer" });
  });

  test("no answer at all has status 0", async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(await failure(api(url))).toMatchObject({ status: 0, code: "unreachable" });
  });
});

test("asApiError keeps what it knows", () => {
  const error = new ApiError(404, "not_found", "gone");
  expect(asApiError(error)).toBe(error);
  expect(asApiError(new Error("boom"))).toMatchObject({ status: 0, message: "boom" });
});
