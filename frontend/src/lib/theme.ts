import { useSyncExternalStore } from "react";
import { storageKey } from "./theme-script";

export type Theme = "system" | "light" | "dark";

const changed = "contact-sync:theme";

export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, read, () => "system"), write];
}

function read(): Theme {
  const stored = localStorage.getItem(storageKey);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function write(theme: Theme) {
  localStorage.setItem(storageKey, theme);
  apply();
  window.dispatchEvent(new Event(changed));
}

function apply() {
  const theme = read();
  const dark = theme === "dark" || (theme === "system" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
}

function subscribe(notify: () => void) {
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  const update = () => {
    apply();
    notify();
  };
  media.addEventListener("change", update);
  window.addEventListener("storage", update);
  window.addEventListener(changed, notify);
  return () => {
    media.removeEventListener("change", update);
    window.removeEventListener("storage", update);
    window.removeEventListener(changed, notify);
  };
}
