import type { ApiError } from "@/lib/api";

/** What the server said to the settings that were sent. */
export interface SettingsProblem {
  /** What concerns them all. */
  message?: string;
  policy?: string;
  region?: string;
  deletePolicy?: string;
  least?: string;
  share?: string;
  retentionDays?: string;
  /** By the name of the field. */
  fields: Record<string, string>;
}

/** Where the messages of single choices are shown, by their path in the request. */
const places: Record<string, Exclude<keyof SettingsProblem, "message" | "fields">> = {
  policy: "policy",
  region: "region",
  deletePolicy: "deletePolicy",
  "brake.least": "least",
  "brake.share": "share",
  retentionDays: "retentionDays",
};

export const noProblem: SettingsProblem = { fields: {} };

/** Sorts the server's messages by where they belong; what belongs nowhere is shown above all. */
export function settingsProblem({ message, details }: ApiError): SettingsProblem {
  const problem: SettingsProblem = { fields: {} };
  const rest: string[] = [];
  for (const [path, text] of Object.entries(details)) {
    const [, field] = /^fields\.([^.]+)/.exec(path) ?? [];
    const place = places[path];
    if (place) problem[place] = text;
    else if (field) problem.fields[field] ??= text;
    else rest.push(text);
  }
  const placed = Object.values(places).some((place) => problem[place] !== undefined) || Object.keys(problem.fields).length > 0;
  if (rest.length > 0) problem.message = rest.join(" ");
  else if (!placed) problem.message = message;
  return problem;
}
