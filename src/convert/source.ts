/** A YAML or JSON file that is to be converted: its values, and where each of them stands. */
import { LineCounter, parseAllDocuments } from "yaml";
import { type Issue, OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";

export type Path = readonly (string | number)[];
export type Mapping = Record<string, Json>;

/** Uses of one anchor: more is an attack, or nobody's everyday file. */
const ALIASES_MAX = 100;

export class Source {
  readonly values: Json[];
  readonly losses: Issue[] = [];
  readonly notes: string[] = [];
  readonly #name: string;
  readonly #lineOf: (document: number, path: Path) => number;

  constructor(text: string, name: string, format: "YAML" | "JSON" = "YAML") {
    this.#name = name;
    if (format === "JSON") {
      this.values = [parseJson(text, name)];
      this.#lineOf = () => 0;
      return;
    }
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, { lineCounter: lines, merge: true });
    if (!Array.isArray(documents)) throw new OctopusError("malformed", `${name} is empty`);
    for (const { errors } of documents) {
      const [error] = errors;
      if (error !== undefined) throw new OctopusError("malformed", `${name}: ${error.message}`);
    }
    try {
      this.values = documents.map((document) => document.toJS({ maxAliasCount: ALIASES_MAX }) as Json);
    } catch (error) {
      throw new OctopusError("malformed", `${name}: ${(error as Error).message}`);
    }
    this.#lineOf = (document, path) => {
      for (let keys = [...path]; ; keys = keys.slice(0, -1)) {
        const node = documents[document]?.getIn(keys, true) as { range?: [number, ...number[]] } | undefined;
        if (node?.range !== undefined) return lines.linePos(node.range[0]).line;
        if (keys.length === 0) return 0;
      }
    };
  }

  get name(): string {
    return this.#name;
  }

  /** What would be different. `document` counts the documents of the file from 0. */
  lose(path: Path, message: string, document = 0): void {
    this.losses.push({ path: this.place(path, document), message });
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  place(path: Path, document = 0): string {
    const line = this.#lineOf(document, path);
    const keys = path.map((key, i) => (typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`)).join("");
    const where = line === 0 ? this.#name : `${this.#name}:${line}`;
    return keys === "" ? where : `${where} ${keys}`;
  }
}

function parseJson(text: string, name: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new OctopusError("malformed", `${name} is not JSON: ${(error as Error).message}`);
  }
}

export function isMapping(value: Json | undefined): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list, or one thing in place of it. */
export function listOf(value: Json | undefined): Json[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

export function textsOf(value: Json | undefined): string[] {
  return listOf(value).filter((one) => typeof one === "string");
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : undefined;
}

/** Refuses what is no file of its kind at all. */
export function notThatKind(name: string, kind: string, needs: string): OctopusError {
  return new OctopusError("invalid", `${name} is no ${kind}: ${needs}`);
}

/** A text that is one expression. */
export function expressionOf(cel: string): string {
  return `\${{ ${cel} }}`;
}

/** The entry of a table of ours, whatever the file calls things. */
export function known<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** What may stand before `=` in a shell. */
export function isVariable(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}
