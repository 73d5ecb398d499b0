/** What is said of the keys by which a task asks for something beside its work. */
import { ANY, COUNT, DURATION, FLAG, keysOf, type Notes, oneOf, oneOrMore, orKeys, type Schema, TEXT } from "./note.ts";

const KEY: Schema = { type: ["string", "number", "boolean"] };

const KEY_NOTE = { about: "What tells things apart.", form: "text", schema: KEY };
const LIMIT_NOTE = { about: "How many.", form: "a whole number", schema: COUNT };

const CONCURRENCY: Notes = {
  key: KEY_NOTE,
  limit: { about: "How many with this key run at once. Default: 1.", form: "a whole number", schema: COUNT },
};
const UNIQUE: Notes = {
  key: KEY_NOTE,
  scope: {
    about: "How long the key is taken: until the task starts, until it has ended, or for a time.",
    form: "queued, active or period",
    schema: oneOf("queued", "active", "period"),
  },
  period: { about: "How long, for the scope period.", form: "a duration", schema: DURATION },
  policy: {
    about: "What a second one means: it is the first one, it takes its place, or it is refused.",
    form: "return, replace or reject",
    schema: oneOf("return", "replace", "reject"),
  },
};
const RATE: Notes = {
  key: KEY_NOTE,
  limit: LIMIT_NOTE,
  per: { about: "In which stretch of time.", form: "a duration", schema: DURATION },
  burst: { about: "How many at once; default: limit.", form: "a whole number", schema: COUNT },
};
const CACHE: Notes = {
  key: { about: "Stands for what runs, in place of the work itself.", form: "text", schema: KEY },
  inputs: { about: "Values that the result depends on.", form: "any value", schema: ANY },
  files: {
    about: "Files that the result depends on: their content counts.",
    form: "a path or a list",
    schema: oneOrMore(TEXT),
  },
  ttl: { about: "How long a result may be used.", form: "a duration", schema: DURATION },
  refresh: { about: "Run anyway, and keep the result for others.", form: "true or false", schema: FLAG },
};

export const ASK_NOTES: Notes = {
  owner: { about: "Whose quota it counts against.", form: "text", schema: KEY, example: "owner: team-a" },
  concurrencyKey: {
    about: "At most so many tasks with this key run at once; the keys of an arm take turns.",
    form: "a key, or {key, limit}",
    schema: orKeys(KEY, CONCURRENCY, ["key"]),
    keys: CONCURRENCY,
    example: "concurrencyKey: { key: customer-7, limit: 2 }",
  },
  uniqueKey: {
    about: "At most one task with this key.",
    form: "a key, or {key, scope, period, policy}",
    schema: orKeys(KEY, UNIQUE, ["key"]),
    keys: UNIQUE,
    example: "uniqueKey: { key: import, period: 1h }",
  },
  mutex: {
    about: "Names that one running task holds at a time.",
    form: "a name, or a list of up to 8",
    schema: oneOrMore(KEY),
    example: "mutex: [database, disk]",
  },
  rate: {
    about: "At most so many starts with this key in a stretch of time.",
    form: "{key, limit, per, burst}",
    schema: keysOf(RATE, ["key", "limit", "per"]),
    keys: RATE,
    example: "rate: { key: billing-api, limit: 10, per: 1s }",
  },
  cache: {
    about: "Take the result of an earlier task of equal content.",
    form: "true, or {key, inputs, files, ttl, refresh}",
    schema: orKeys({ const: true }, CACHE),
    keys: CACHE,
    example: "cache: { files: [data.csv], ttl: 1d }",
  },
  resources: {
    about: "What it takes of a worker while it runs.",
    form: "a mapping of names to amounts",
    schema: { type: "object", additionalProperties: { type: ["number", "string"] } },
    example: "resources: { cpu: 2, memory: 1GiB }",
  },
};
