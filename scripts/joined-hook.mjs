/**
 * Leads a process from the modules of the source to where they stand joined: `joined-source.ts` copies it beside them, and
 * tests' processes load it first, by NODE_OPTIONS. Plain JavaScript for every Node: a task's command may be another one.
 */
import { readFileSync } from "node:fs";
import * as module from "node:module";
import { pathToFileURL } from "node:url";

// An older Node, which runs no source of ours.
if (module.registerHooks !== undefined) {
  const { root, places } = JSON.parse(readFileSync(new URL("places.json", import.meta.url), "utf8"));
  const base = pathToFileURL(`${root}/`).href;
  const placeOf = (url) => (url.startsWith(base) ? places[url.slice(base.length)] : undefined);
  const joined = (place) => ({ url: new URL(place, import.meta.url).href, format: "module", shortCircuit: true });

  module.registerHooks({
    resolve(specifier, context, next) {
      const url = /^\.{1,2}\//.test(specifier) ? new URL(specifier, context.parentURL).href : specifier;
      const place = placeOf(url);
      if (place !== undefined) return joined(place);
      const found = next(specifier, context);
      const other = placeOf(found.url);
      return other === undefined || context.conditions.includes("require") ? found : joined(other);
    },
  });
}
