/** Looks over work whose values have just been evaluated: an expression may stand for anything. */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import type { Work } from "../protocol/task.ts";
import { Fault } from "./evaluate-value.ts";
import { textOf } from "./expression.ts";
import { isMapping } from "./keys.ts";

/** Throws `Fault` for values that their kind of work does not take. */
export function checkValues(work: Work): void {
  switch (work.kind) {
    case "plugin": {
      const { args = [], kwargs = {} } = work.plugin;
      checkList(args, "plugin.args");
      checkMapping(kwargs, "plugin.kwargs");
      return;
    }
    case "custom":
      return checkMapping(work.custom.with, "with");
    case "wasm": {
      const { args } = work.wasm;
      if (args === undefined) return;
      checkList(args, "wasm.args");
      work.wasm.args = args.map(textOf);
      return;
    }
    default:
  }
}

function checkList(value: unknown, where: string): void {
  if (!Array.isArray(value)) throw new Fault(`${where} must be a list of values, not ${show(value)}`);
}

function checkMapping(value: Json, where: string): void {
  if (!isMapping(value)) throw new Fault(`${where} must be a mapping of names to values, not ${show(value)}`);
}
