/** What a person has chosen for this browser: theme, zone, density. Kept in localStorage; `public/theme.js` reads it, too. */
import { useSyncExternalStore } from "react";

export interface Choices {
  theme: "system" | "light" | "dark";
  /** Whose clock times are shown by. */
  zone: "local" | "utc";
  /** Times as `3m ago`, or as a clock shows them. */
  times: "relative" | "absolute";
  /** Dense: everything a little smaller, and more of it. */
  density: "calm" | "dense";
  /** The list of places at the side shows signs only. */
  isNarrow: boolean;
}

const PLACE = "octopus.choices";
const DEFAULTS: Choices = { theme: "system", zone: "local", times: "relative", density: "calm", isNarrow: false };

let choices: Choices = read();
const watchers = new Set<() => void>();

function read(): Choices {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Choices>) };
  } catch {
    return DEFAULTS;
  }
}

export function choose(change: Partial<Choices>): void {
  choices = { ...choices, ...change };
  try {
    localStorage.setItem(PLACE, JSON.stringify(choices));
  } catch {
    // A browser that keeps nothing: it holds until the page is left.
  }
  showTheme();
  for (const watcher of watchers) watcher();
}

export function useChoices(): Choices {
  return useSyncExternalStore(watch, () => choices);
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function showTheme(): void {
  const { theme, density } = choices;
  if (density === "calm") delete document.documentElement.dataset["density"];
  else document.documentElement.dataset["density"] = density;
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

// Another tab of the same person.
window.addEventListener("storage", ({ key }) => {
  if (key !== PLACE) return;
  choices = read();
  showTheme();
  for (const watcher of watchers) watcher();
});
