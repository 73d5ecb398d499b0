/**
 * Settings from environment variables. A variable that begins with the name of a section must be a setting: a
 * misspelled one would otherwise be ignored in silence. Variables that tasks are given (OCTOPUS_TASK_ID,
 * OCTOPUS_PARAM_*, …) begin with no section's name and are not looked at.
 */
import { readFileSync } from "node:fs";
import type { Issue } from "../base/errors.ts";
import { nearestPath } from "../base/nearest.ts";
import { KEYS, namedKeys, NAMED_SECTIONS, PREFIX, SECTIONS, variableOf } from "./keys.ts";
import type { Layer } from "./layer.ts";

const FROM_FILE = "_FILE";
const BY_VARIABLE: ReadonlyMap<string, string> = new Map(KEYS.map(({ key, variable }) => [variable, key]));
/** Of every arm and pool: the shape of the variable, the section, and the field that it says. */
const BELOW_NAMES = NAMED_SECTIONS.flatMap((section) =>
  namedKeys(section).map(({ key, variable }) => ({
    section,
    field: key.slice(key.lastIndexOf(".") + 1),
    shape: new RegExp(`^${variable.replace("<NAME>", "(.+)")}$`),
  })),
);
const SECRET = new RegExp(`^${PREFIX}CALLBACKS_SECRETS_(.+)$`);
const OURS = new RegExp(`^${PREFIX}(${SECTIONS.join("|").toUpperCase()})(_|$)`);
/** What is said for a namespace has lists of names in it: it stands in the file. */
const OF_NAMESPACES = new RegExp(`^${PREFIX}NAMESPACES(_|$)`);

export type Env = Record<string, string | undefined>;

/** What the environment says. `named`: arms, pools and secrets of the file: a variable can mean one with other signs. */
export function readEnv(env: Env, cwd: string, named: Iterable<string>, issues: Issue[]): Layer {
  const layer: Layer = new Map();
  const names = new Map([...named].map((name) => [variableOf(name).slice(PREFIX.length), name]));
  for (const [variable, value] of Object.entries(env)) {
    if (value !== undefined && OF_NAMESPACES.test(variable))
      issues.push({ path: variable, message: "is no setting: what holds for a namespace is said in the file" });
    if (value === undefined || !OURS.test(variable)) continue;
    const own = keyOf(variable, names);
    const viaFile = own === undefined && variable.endsWith(FROM_FILE);
    const key = viaFile ? keyOf(variable.slice(0, -FROM_FILE.length), names) : own;
    if (key === undefined) {
      issues.push({ path: variable, message: unknown(variable) });
      continue;
    }
    if (viaFile && env[variable.slice(0, -FROM_FILE.length)] !== undefined) {
      const other = variable.slice(0, -FROM_FILE.length);
      issues.push({ path: variable, message: `stands beside ${other}: unset one of the two` });
      continue;
    }
    const text = viaFile ? readValue(variable, value, issues) : value;
    if (text !== undefined) layer.set(key, { value: text, origin: { kind: "env", where: variable, folder: cwd } });
  }
  return layer;
}

function keyOf(variable: string, names: ReadonlyMap<string, string>): string | undefined {
  const plain = BY_VARIABLE.get(variable);
  if (plain !== undefined) return plain;
  for (const { section, field, shape } of BELOW_NAMES) {
    const name = shape.exec(variable)?.[1];
    if (name !== undefined) return `${section}.${names.get(name) ?? name.toLowerCase()}.${field}`;
  }
  // A secret in a file is the usual case, so the ending always means that.
  const secret = variable.endsWith(FROM_FILE) ? null : SECRET.exec(variable);
  if (secret) return `callbacks.secrets.${names.get(secret[1]!) ?? secret[1]!.toLowerCase()}`;
  return undefined;
}

function readValue(variable: string, path: string, issues: Issue[]): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    issues.push({ path: variable, message: `names a file that cannot be read: ${JSON.stringify(path)} (${reason})` });
    return undefined;
  }
}

function unknown(variable: string): string {
  const all = [...BY_VARIABLE.keys()];
  const near = nearestPath(variable, all, "_") ?? all.find((one) => one.startsWith(`${variable}_`));
  const hint = near === undefined ? "run `octopus config` for the list" : `did you mean ${near}?`;
  return `is no setting (${hint})`;
}
