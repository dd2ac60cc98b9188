import { admissionKey, unknownVisitor } from "./admission-script";

/**
 * Whether this browser's person is signed in, as far as is known. It is remembered between visits, so that a page
 * need not wait for the session before it asks for its data; where nothing is remembered, requests wait.
 */
let admitted = remembered();
const waiting: (() => void)[] = [];
const listeners = new Set<() => void>();

export function isAdmitted(): boolean {
  return admitted;
}

/** Resolves as soon as somebody is signed in. */
export function whenAdmitted(): Promise<void> {
  return admitted ? Promise.resolve() : new Promise((go) => waiting.push(go));
}

/** Somebody is signed in. */
export function admit(): void {
  write("1");
  show();
}

/** Shows the pages without knowing: the server is in trouble, and they say so better than a blank screen. */
export function show(): void {
  admitted = true;
  document.documentElement.classList.remove(unknownVisitor);
  for (const go of waiting.splice(0)) go();
}

/** The next visit asks first. */
export function forget(): void {
  write(null);
}

/** Nobody is signed in: hides the pages at once and tells whoever leads to the sign-in page. */
export function dismiss(): void {
  forget();
  if (typeof document === "undefined") return;
  admitted = false;
  document.documentElement.classList.add(unknownVisitor);
  for (const notify of listeners) notify();
}

/** Calls back when somebody is found to be signed out, here or in another tab; returns the way to end that. */
export function onDismissed(listener: () => void): () => void {
  const elsewhere = (event: StorageEvent) => {
    if (event.key === admissionKey && event.newValue === null) dismiss();
  };
  listeners.add(listener);
  window.addEventListener("storage", elsewhere);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", elsewhere);
  };
}

function remembered(): boolean {
  try {
    return localStorage.getItem(admissionKey) === "1";
  } catch {
    return false;
  }
}

function write(value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(admissionKey);
    else localStorage.setItem(admissionKey, value);
  } catch {
    // A browser that keeps nothing asks for the session on every visit.
  }
}
