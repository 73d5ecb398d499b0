/** Params of Dagu: `A=1 B="two words"`, a list, or a mapping. */
import type { Json } from "../base/words.ts";
import { isMapping, type Mapping, textOf } from "./source.ts";

export interface Params {
  /** By name the default. */
  named: Mapping;
  /** Those that have no name. */
  positional: string[];
}

export function paramsOf(value: Json | undefined): Params {
  const params: Params = { named: {}, positional: [] };
  for (const one of Array.isArray(value) ? value : [value]) {
    if (isMapping(one)) {
      if (typeof one["name"] === "string" && ("default" in one || "type" in one))
        params.named[one["name"]] = declared(one);
      else for (const [name, text] of Object.entries(one)) params.named[name] = textOf(text) ?? "";
    } else if (typeof one === "string") readText(one, params);
    else if (typeof one === "number" || typeof one === "boolean") params.positional.push(String(one));
  }
  return params;
}

/** A param with its type. */
function declared({ default: value, type, description, enum: words }: Mapping): Json {
  return {
    ...(type !== undefined && { type }),
    ...(value !== undefined && { default: value }),
    ...(description !== undefined && { description }),
    ...(words !== undefined && { enum: words }),
  };
}

function readText(text: string, params: Params): void {
  const found = text.matchAll(/(?:([A-Za-z_]\w*)=)?(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|`([^`]*)`|(\S+))/g);
  for (const [, name, double, single, command, bare] of found) {
    const value = double?.replace(/\\(.)/g, "$1") ?? single ?? (command === undefined ? bare! : `\`${command}\``);
    if (name === undefined) params.positional.push(value);
    else params.named[name] = value;
  }
}
