/**
 * Reads a crontab, as crontab(5) has it: comments, `NAME = value` lines that hold from there on, five fields or a
 * nickname, and with `system` a user. What it cannot mean here is refused with its line, all of it in one go.
 */
import { type Issue, OctopusError } from "../base/errors.ts";
import { parseFields, splitCron } from "./pattern.ts";
import { zoneNamed } from "./zone.ts";

export interface CrontabEntry {
  /** Made of the command, unlike the others of this file. */
  name: string;
  cron: string;
  /** From `CRON_TZ`. */
  zone?: string | undefined;
  /** For `/bin/sh`, what `%` means included. */
  command: string;
  /** Variables that the file sets above the line. */
  env: Record<string, string>;
  /** Who runs it, in a system crontab. */
  user?: string | undefined;
  /** Number of its line, from 1. */
  line: number;
}

const VARIABLE = /^\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z_][A-Za-z0-9_]*))\s*=\s*(.*?)\s*$/;

/** Throws `invalid` with an issue for each line that cannot be. `source` is the file's name, for messages. */
export function parseCrontab(text: string, options: { system?: boolean; source?: string } = {}): CrontabEntry[] {
  const reader = new Reader(options.system === true);
  const issues: Issue[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    try {
      reader.read(raw.replace(/\r$/, ""), index + 1);
    } catch (error) {
      if (!(error instanceof OctopusError)) throw error;
      issues.push({ path: `line ${index + 1}`, message: error.message });
    }
  }
  if (issues.length === 0) return reader.entries;
  const what = options.source ?? "the crontab";
  const first = issues.slice(0, 5).map(({ path, message }) => `${path}: ${message}`);
  const more = issues.length > first.length ? `, and ${issues.length - first.length} more` : "";
  throw new OctopusError("invalid", `${what} has lines that cannot be imported: ${first.join("; ")}${more}`, {
    issues,
  });
}

/** What the lines so far have set, and the entries so far. */
class Reader {
  readonly entries: CrontabEntry[] = [];
  readonly #system: boolean;
  readonly #env: Record<string, string> = {};
  readonly #names = new Set<string>();
  #zone: string | undefined;

  constructor(system: boolean) {
    this.#system = system;
  }

  read(line: string, number: number): void {
    if (/^\s*(#|$)/.test(line)) return;
    const variable = VARIABLE.exec(line);
    if (variable === null) return this.#entry(line, number);
    const [, double, single, bare, value] = variable;
    const name = double ?? single ?? bare!;
    if (name === "CRON_TZ") this.#setZone(unquoted(value!));
    else this.#env[name] = unquoted(value!);
  }

  #setZone(name: string): void {
    if (name !== "") zoneNamed(name);
    this.#zone = name === "" ? undefined : name;
  }

  #entry(line: string, number: number): void {
    const match = /^\s*(@\S+|(?:\S+\s+){4}\S+)\s+(.*)$/.exec(line);
    if (match === null)
      throw new OctopusError("invalid", "needs five fields (or a nickname such as @daily) and a command");
    const cron = match[1]!.replace(/\s+/g, " ");
    const { fields } = splitCron(cron);
    if (fields.length > 0) parseFields(fields, "");
    let rest = match[2]!;
    let user: string | undefined;
    if (this.#system) {
      const column = /^(\S+)\s+(.*)$/.exec(rest);
      if (column === null) throw new OctopusError("invalid", "needs a user and a command after the fields");
      user = column[1]!;
      rest = column[2]!;
    }
    const command = withInput(rest);
    if (command === "") throw new OctopusError("invalid", "has no command");
    const name = nameOf(rest, this.#names);
    this.entries.push({ name, cron, zone: this.#zone, command, env: { ...this.#env }, user, line: number });
  }
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}

/** An unescaped `%` ends the command; what follows is its standard input, with further ones as line ends. */
function withInput(rest: string): string {
  const parts = rest
    .trim()
    .split(/(?<!\\)%/)
    .map((part) => part.replaceAll("\\%", "%"));
  const [command = "", ...lines] = parts;
  if (lines.length === 0) return command.trim();
  // Single quotes keep everything but themselves.
  const input = lines.join("\n").replaceAll("'", `'\\''`);
  return `printf '%s\\n' '${input}' | { ${command.trim()}\n}`;
}

/** `backup`, from `/usr/local/bin/backup.sh --all`; a second one is `backup-2`. */
function nameOf(command: string, names: Set<string>): string {
  const bare = command.trim().replace(/^cd\s+\S+\s*(&&|;)\s*/, "");
  const words = bare.split(/[\s;|&<>%]+/).filter((word) => word !== "" && !/^\w+=/.test(word) && !SKIPPED.has(word));
  const word = (words[0] ?? "").replace(/.*\//, "").replace(/\.\w+$/, "");
  const base =
    word
      .replace(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+|-+$/g, "")
      .slice(0, 60) || "job";
  let name = base;
  for (let count = 2; names.has(name); count++) name = `${base}-${count}`;
  names.add(name);
  return name;
}

/** Words before the command that do the work. */
const SKIPPED = new Set(["exec", "nice", "ionice", "nohup", "env", "sudo", "test", "[", "-x", "/usr/bin/env"]);
