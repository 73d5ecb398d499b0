/**
 * A server that was renewed has no longer the parts that an open page would load when they are first needed. The page loads
 * itself anew then: where it stands is in its address, and what was written is kept in the tab.
 */
import { uiPath } from "../data/here.ts";

const PLACE = "octopus.renewed";
/** A part that is missing again so soon is missing from this server, too. */
const AGAIN_MS = 30_000;

export function reloadWhenRenewed(): void {
  window.addEventListener("vite:preloadError", () => void reload());
}

async function reload(): Promise<void> {
  if (Date.now() - lastTime() < AGAIN_MS) return;
  try {
    // A server that is away would answer the reload with nothing, and what is shown would be gone.
    const { ok } = await fetch(`${uiPath}/`, { cache: "no-store" });
    if (!ok) return;
    sessionStorage.setItem(PLACE, String(Date.now()));
  } catch {
    return;
  }
  window.location.reload();
}

function lastTime(): number {
  try {
    return Number(sessionStorage.getItem(PLACE) ?? 0);
  } catch {
    // Nothing can be noted, and so nothing would end it.
    return Date.now();
  }
}
