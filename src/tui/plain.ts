/** The overview as text, once: for pipes, and for terminals that can do no more. */
import type { Client } from "../client/mod.ts";
import type { StatusView } from "../protocol/views.ts";
import type { Depth } from "./sgr.ts";
import { painted } from "./sgr.ts";
import { screenOf } from "./screens/all.ts";
import type { Slot } from "./slots.ts";
import { initialState, type State } from "./state.ts";
import { update } from "./update.ts";
import { wantsOf } from "./wants.ts";

/** Rows that are enough for a screen of all that there is. */
const ROWS = 200;

/** Everything that the overview shows, as it is now. */
export async function readOverview(client: Client, columns: number): Promise<State> {
  let state = initialState({ url: client.url, size: { columns, rows: ROWS }, now: Date.now() });
  const answers = await Promise.all(
    wantsOf(state).map(async ({ slot, key, load }) =>
      load(client).then(
        (value) => ({ type: "read" as const, slot, key, value }),
        (error: unknown) => {
          if (slot === "status") throw error;
          return { type: "unread" as const, slot, key, error: String(error) };
        },
      ),
    ),
  );
  for (const answer of answers) state = update(state, answer).state;
  return state;
}

export function overviewText(state: State, depth: Depth): string {
  const { columns } = state.size;
  // No row is chosen: nobody can press a key here.
  const drawn = screenOf(state).draw(state, { columns, rows: ROWS }, { index: -1, top: 0 });
  return drawn.lines.map((line) => painted(line, depth).trimEnd()).join("\n");
}

/** The same for programs. */
export function overviewValue(state: State): object {
  const value = (slot: Slot): unknown => state.data[slot]?.value;
  const items = (slot: Slot): unknown => (value(slot) as { items?: unknown } | undefined)?.items ?? [];
  const status = value("status") as StatusView;
  return {
    ...status,
    dead: items("dead"),
    approvals: items("asked"),
    liveRuns: items("live-runs"),
    schedules: value("schedules") ?? [],
    history: value("history") ?? null,
  };
}
