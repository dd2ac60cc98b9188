import type { ApiError } from "@/lib/api";

/** What the server said to the settings that were sent. */
export interface SettingsProblem {
  /** What concerns them all. */
  message?: string;
  policy?: string;
  region?: string;
  /** By the name of the field. */
  fields: Record<string, string>;
}

export const noProblem: SettingsProblem = { fields: {} };

/** Sorts the server's messages by where they belong; what belongs nowhere is shown above all. */
export function settingsProblem({ message, details }: ApiError): SettingsProblem {
  const problem: SettingsProblem = { fields: {} };
  const rest: string[] = [];
  for (const [path, text] of Object.entries(details)) {
    const [, field] = /^fields\.([^.]+)/.exec(path) ?? [];
    if (path === "policy" || path === "region") problem[path] = text;
    else if (field) problem.fields[field] ??= text;
    else rest.push(text);
  }
  const placed = problem.policy !== undefined || problem.region !== undefined || Object.keys(problem.fields).length > 0;
  if (rest.length > 0) problem.message = rest.join(" ");
  else if (!placed) problem.message = message;
  return problem;
}
