import { useSyncExternalStore } from "react";

const tick = 10_000;
const listeners = new Set<() => void>();
let now = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((notify) => notify());
  }, tick);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function read() {
  if (Date.now() - now >= tick) now = Date.now();
  return now;
}

/** The time, in steps of ten seconds; every user of it shares one timer. */
export function useNow(): Date {
  return new Date(useSyncExternalStore(subscribe, read, () => 0));
}
