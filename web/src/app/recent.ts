/** The things that were looked at last in this tab: what the palette offers before anything is typed. */
import { keptPlace } from "../data/here.ts";

const PLACE = keptPlace("octopus.recent");
const KEPT_MAX = 6;

interface Thing {
  /** Below `/ui`. */
  path: string;
  title: string;
}

export function recentThings(): Thing[] {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE) ?? "[]") as Thing[];
  } catch {
    return [];
  }
}

/** A screen with a title of its own was shown; lists are places, and stand in the palette anyway. */
export function noteThing(path: string, title: string): void {
  if (path.split("/").length < 3) return;
  const rest = recentThings().filter((thing) => thing.path !== path);
  try {
    sessionStorage.setItem(PLACE, JSON.stringify([{ path, title }, ...rest].slice(0, KEPT_MAX)));
  } catch {
    // A browser that keeps nothing.
  }
}
