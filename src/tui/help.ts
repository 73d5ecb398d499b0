/** The help: every key and what it does. */
import { CHOICES } from "./acts.ts";
import { BOLD, DIM } from "./looks.ts";
import { fit, type Line, lineOf, span } from "./spans.ts";
import type { State } from "./state.ts";

type Key = readonly [keys: string, about: string];

/** Keys that every screen has; the reference in docs/guide/terminal.md lists the same. */
export const KEYS: readonly { title: string; keys: readonly Key[] }[] = [
  {
    title: "Move",
    keys: [
      ["1 … 7", "the tabs; Tab, Shift-Tab, ← and → go through them"],
      ["j k ↑ ↓", "one row down or up; PgDn PgUp Ctrl-D Ctrl-U: a page or half of one"],
      ["g G", "the first row, which follows what is new; the last row"],
      ["Enter", "open what the cursor is on; Esc goes back"],
      ["/", "filter the list (Tab completes); find in a log"],
    ],
  },
  {
    title: "Look",
    keys: [
      ["l", "the output of the task"],
      ["e", "why it waits, or did not run"],
      ["y", "copy the id to the clipboard of your terminal"],
    ],
  },
  {
    title: "Act",
    keys: [
      ...CHOICES.map(({ key, about }): Key => [key, about]),
      ["+ -", "raise or lower the limit of the arm; = types it"],
    ],
  },
  {
    title: "In a log",
    keys: [
      ["f", "follow or pause; scrolling up pauses, G follows"],
      ["n N", "the next and the previous find"],
      ["← →", "sideways"],
      ["h", "times on and off"],
    ],
  },
  {
    title: "Else",
    keys: [
      ["m", "mouse on and off: off, the terminal selects text as usual"],
      ["Ctrl-L", "draw everything again, and read it again"],
      ["Ctrl-Z", "put it into the background; fg brings it back"],
      ["q Ctrl-C", "quit"],
    ],
  },
];

export function helpLines(state: State): Line[] {
  const { columns } = state.size;
  return KEYS.flatMap(({ title, keys }) => [
    fit(span(` ${title}`, BOLD), columns),
    ...keys.map(([key, about]) => fit(lineOf("   ", fit(span(key, BOLD), 9), "  ", span(about, DIM)), columns)),
  ]);
}
