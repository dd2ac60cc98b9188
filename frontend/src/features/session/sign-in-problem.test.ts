import { describe, expect, test } from "vitest";
import { ApiError } from "@/lib/api";
import { signInProblem } from "./sign-in-problem";

describe("signInProblem", () => {
  test("a wrong password is the field's problem", () => {
    expect(signInProblem(new ApiError(401, "unauthorised", "This needs a sign-in."))).toEqual({ field: "That is not the password." });
  });

  test("too many attempts end at a time of the clock, never before it", () => {
    const until = new Date("2026-01-01T10:41:01Z");
    const problem = signInProblem(new ApiError(429, "throttled", "Wait.", {}, "q1", until));
    expect(problem).toMatchObject({ title: "Too many attempts", until });
    expect(problem.message).toMatch(/^Try again at 10:42\sAM\./);
  });

  test("a deployment that lacks a variable names it", () => {
    expect(signInProblem(new ApiError(503, "unavailable", "APP_PASSWORD is not set."))).toEqual({
      title: "Sign-in is not set up yet",
      message: "APP_PASSWORD is not set.",
    });
  });

  test("a server in trouble is not a wrong password", () => {
    expect(signInProblem(new ApiError(503, "retryable", "The store did not answer."))).toEqual({
      title: "Sign-in is not possible right now",
      message: "The store did not answer.",
    });
  });
});
