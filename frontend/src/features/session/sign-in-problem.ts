import type { ApiError } from "@/lib/api";
import { clockTime } from "@/lib/format";

export interface SignInProblem {
  /** What is wrong with the password. */
  field?: string;
  /** What is wrong apart from it. */
  title?: string;
  message?: string;
  /** Until then no password is taken. */
  until?: Date;
}

/** Why somebody could not sign in, and what to do about it. */
export function signInProblem(error: ApiError): SignInProblem {
  switch (error.status) {
    case 401:
      return { field: "That is not the password." };
    case 422:
      return { field: error.details.password ?? error.message };
    case 429:
      return {
        title: "Too many attempts",
        message: error.retryAt ? `Try again at ${clockTime(error.retryAt)}. Until then no password is looked at.` : error.message,
        until: error.retryAt,
      };
    case 503:
      return { title: error.code === "unavailable" ? "Sign-in is not set up yet" : "Sign-in is not possible right now", message: error.message };
    default:
      return { title: "Sign-in is not possible right now", message: error.message };
  }
}
