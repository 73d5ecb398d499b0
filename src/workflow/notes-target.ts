/** What is said of the keys by which a task says where it runs. */
import { anyOf, FLAG, type Note, type Notes, oneOf, oneOrMore, orKeys, SCALAR, type Schema, TEXT } from "./note.ts";

/** A selector in one line, or labels with their values. */
const SELECTOR: Schema = anyOf(TEXT, { type: "object", additionalProperties: oneOrMore(SCALAR) });
const LABELS = {
  about: "What the worker must be: terms with commas between them, or a mapping of labels to values.",
  form: "a selector such as `gpu, zone in (attic, cellar), os != windows, !spot`",
  schema: SELECTOR,
};
const PREFERENCE: Notes = {
  labels: LABELS,
  weight: {
    about: "How much it counts, from -100 to 100; the greatest sum is first. Default: 1.",
    form: "a whole number",
    schema: { type: "integer", minimum: -100, maximum: 100 },
  },
};
const TARGET: Notes = {
  worker: {
    about: "The only worker that may run it; ALL = each that is online and fits, Anyone = any.",
    form: "a name",
    schema: TEXT,
  },
  labels: LABELS,
  prefer: {
    about: "What the worker had better be.",
    form: "a selector, {labels, weight}, or a list of up to 16",
    schema: oneOrMore(anyOf(TEXT, { type: "object" })),
    keys: PREFERENCE,
  },
  apart: { about: "No two tasks with this key are on one worker at once.", form: "text", schema: SCALAR },
  spread: {
    about: "Spread evenly over the values of this label, as far as there is room; `worker` = over the workers.",
    form: "the name of a label, or worker",
    schema: TEXT,
  },
  policy: {
    about:
      "Take the emptiest of the workers that fit, or the fullest that has room. Default: what the server is set to.",
    form: "spread or pack",
    schema: oneOf("spread", "pack"),
  },
  near: { about: "Rather where what it needs ran: files of that are there already.", form: "true", schema: FLAG },
};

export const TARGET_NOTE: Note = {
  about: "Where it may run, and where it would rather run.",
  form: "the name of a worker, or {worker, labels, prefer, apart, spread, policy, near}",
  schema: orKeys(TEXT, TARGET),
  keys: TARGET,
  example: "target: { labels: gpu, prefer: zone == attic }",
};
