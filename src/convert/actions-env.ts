/** Texts and variables of GitHub Actions: what CEL says of them, and what is left to the script of a job. */
import { Foreign, piecesOf, toCel } from "./actions-expression.ts";
import { celPath, type JobNames, variableName } from "./actions-names.ts";
import { literal } from "./draft.ts";
import { isVariable, type Mapping, type Path, type Source, textOf } from "./source.ts";

export interface SplitEnv {
  env: Mapping;
  /** Variables that only a script can set. */
  exports: [name: string, value: string][];
}

/** Where variables stand, and what may be named there. */
interface Where {
  path: Path;
  names: JobNames;
  source: Source;
}

/** A text with its expressions in CEL. Throws `Foreign`. */
export function translate(text: string, names: JobNames): string {
  const pieces = piecesOf(text).map((piece) => {
    if (typeof piece === "string") return literal(piece);
    const status = (name: string): never => {
      throw new Foreign(`${name}() may stand in if alone`);
    };
    return `\${{ ${toCel(piece.expression, { value: (path) => celPath(path, names), status })} }}`;
  });
  return pieces.join("");
}

/** What CEL can say, and what only a script can: secrets. */
export function splitEnv(env: Mapping, { path, names, source }: Where): SplitEnv {
  const split: SplitEnv = { env: {}, exports: [] };
  for (const [name, value] of Object.entries(env)) {
    const text = textOf(value) ?? "";
    if (!isVariable(name)) {
      source.lose([...path, name], `${JSON.stringify(name)} is no name of a variable`);
      continue;
    }
    if (/\$\{\{\s*secrets\./.test(text)) {
      // Under its own name it is in the environment already.
      if (new RegExp(`^\\$\\{\\{\\s*secrets\\.${variableName(name)}\\s*\\}\\}$`).test(text)) names.secrets.add(name);
      else split.exports.push([name, text]);
      continue;
    }
    try {
      split.env[name] = typeof value === "string" ? translate(value, names) : text;
    } catch (error) {
      if (!(error instanceof Foreign)) throw error;
      source.lose([...path, name], `${text}: ${error.message}`);
    }
  }
  return split;
}
