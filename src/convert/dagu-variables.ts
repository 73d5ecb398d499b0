/**
 * Variables of Dagu, as a shell sees them: params and outputs of steps are variables there, and are here, under the same
 * names. `${OUTPUT.field}` of an output that is JSON becomes a variable of its own.
 */
import { outputPath } from "./cel-names.ts";
import { expressionOf, type Mapping } from "./source.ts";

/** What a step finds, by the name that it has there. */
export interface Found {
  /** By variable the value: text with `${{ }}`. */
  env: Mapping;
  text: string;
}

/** Where an output comes from. */
export interface Output {
  /** The task that leaves it. */
  task: string;
  name: string;
}

const REFERENCE = /\$(?:\{([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[\d+\])*)\}|([A-Za-z_]\w*))/g;

/** Gives the text the outputs that it names; `outputs` are those of steps before. */
export function withOutputs(text: string, outputs: ReadonlyMap<string, Output>): Found {
  const env: Mapping = {};
  const made = text.replace(REFERENCE, (whole, braced?: string, path?: string, plain?: string) => {
    const name = braced ?? plain!;
    const output = outputs.get(name);
    if (output === undefined) return whole;
    const value = outputPath(output.task, output.name);
    if (path === undefined || path === "") {
      env[name] = expressionOf(value);
      return whole;
    }
    const variable = `${name}${path.replace(/[^A-Za-z0-9_]+/g, "_").replace(/_+$/, "")}`;
    env[variable] = expressionOf(`fromJson(${value})${path}`);
    return `\${${variable}}`;
  });
  return { env, text: made };
}

/** `$1`: params without names. */
export function positionalIn(text: string): string | undefined {
  return /\$\{?[1-9]\d?\}?/.exec(text)?.[0];
}
