/** Words are English; numbers and exact dates follow the reader's locale. */

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** "just now", "5 min ago", "in 2 h", "yesterday", then the date. */
export function relativeTime(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  const phrase = (text: string) => (seconds < 0 ? `${text} ago` : `in ${text}`);
  if (size < minute) return phrase(`${size} s`);
  if (size < hour) return phrase(`${Math.round(size / minute)} min`);
  if (size < day) return phrase(`${Math.round(size / hour)} h`);
  const days = Math.round(size / day);
  if (days === 1) return seconds < 0 ? "yesterday" : "tomorrow";
  if (days < 7) return phrase(`${days} days`);
  const sameYear = at.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: sameYear ? undefined : "numeric" }).format(at);
}

export function exactTime(at: Date): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "long" }).format(at);
}

/** A time of day, the next full minute: "10:42 AM". */
export function clockTime(at: Date): string {
  const minutes = Math.ceil(at.getTime() / 60_000);
  return new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(new Date(minutes * 60_000));
}

/** "A, B, and C". */
export function formatList(words: string[]): string {
  return new Intl.ListFormat("en", { type: "conjunction" }).format(words);
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(undefined).format(value);
}

/** "8 s", "4 min", "3 h", "2 days". */
export function formatDuration(seconds: number): string {
  const size = Math.max(0, Math.round(seconds));
  if (size < minute) return `${size} s`;
  if (size < hour) return `${Math.round(size / minute)} min`;
  if (size < 2 * day) return `${Math.round(size / hour)} h`;
  return `${Math.round(size / day)} days`;
}

/** "1 contact", "1,204 contacts". */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${formatNumber(value)} ${value === 1 ? one : many}`;
}

/** "HubSpot", "HubSpot and Pipedrive", "A, B and C". */
export function listWords(items: readonly string[]): string {
  if (items.length <= 1) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}
