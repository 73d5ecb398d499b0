/** Options by which a task says that it is a plugin, a container, a module, or for an executor of a worker's own. */
import type { Json } from "../base/words.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import type { OptionSpec } from "./command.ts";
import { jsonOrText, listOf, paramsOf, textOf, usage } from "./read.ts";

type Options = Readonly<Record<string, unknown>>;

export const KIND_OPTIONS: readonly OptionSpec[] = [
  { flags: "--plugin <name>", about: "call a plugin of the server; name@3 is its third version" },
  { flags: "--action <function>", about: "which function of the plugin; main when nothing is said" },
  { flags: "--arg <value...>", about: "values for the plugin in order: JSON where it is JSON, else text" },
  { flags: "--kwarg <key=value...>", about: "values for the plugin by name" },
  { flags: "--docker <image>", about: "run a container; what stands after -- is its command" },
  {
    flags: "--volume <from:to...>",
    about: "folders of the worker, or named volumes, in the container: /srv/data:/data:ro",
  },
  { flags: "--wasm <module>", about: "run a WebAssembly module of the server; what stands after -- are its arguments" },
  { flags: "--uses <executor>", about: "run by an executor that a worker was given" },
  { flags: "--with <key=value...>", about: "what that executor gets; one word in braces is all of it as JSON" },
];

const KINDS = ["plugin", "docker", "wasm", "uses"] as const;

/** Options that belong to one kind, or to several. */
const BELONGS: Readonly<Record<string, readonly string[]>> = {
  action: ["plugin"],
  arg: ["plugin"],
  kwarg: ["plugin"],
  volume: ["docker"],
  with: ["uses"],
};

/** The kinds that are named. */
export function kindsNamed(options: Options): string[] {
  return KINDS.filter((kind) => options[kind] !== undefined);
}

/** What it does, of the kind that is named; undefined when none is. */
export function kindOf(
  args: readonly string[],
  options: Options,
  env: Record<string, string> | undefined,
): Pick<TaskSubmission, "plugin" | "docker" | "wasm" | "uses" | "with"> | undefined {
  const [kind] = kindsNamed(options);
  for (const [option, kinds] of Object.entries(BELONGS)) {
    if (options[option] !== undefined && (kind === undefined || !kinds.includes(kind)))
      throw usage(`--${option} belongs to --${kinds.join(", --")}`);
  }
  if (kind === undefined) return undefined;
  if (args.length > 0 && kind !== "docker" && kind !== "wasm")
    throw usage(
      `--${kind} takes no command after --; say what it gets by ${kind === "uses" ? "--with" : "--arg and --kwarg, once for each value"}`,
    );
  const name = textOf(options, kind)!;
  const more = env === undefined ? {} : { env };
  switch (kind) {
    case "plugin":
      return { plugin: { name, ...more, ...valuesOf(options) } };
    case "docker": {
      const volumes = listOf(options, "volume");
      const command = args.length === 1 ? args[0]! : [...args];
      return {
        docker: {
          image: name,
          ...more,
          ...(args.length > 0 && { command }),
          ...(volumes !== undefined && { volumes }),
        },
      };
    }
    case "wasm":
      return { wasm: { module: name, ...more, ...(args.length > 0 && { args: [...args] }) } };
    default:
      if (env !== undefined) throw usage("--env does not go with --uses: say what the executor gets by --with");
      return { uses: name, ...givenOf(options) };
  }
}

function valuesOf(options: Options): { action?: string; args?: Json[]; kwargs?: Record<string, Json> } {
  const action = textOf(options, "action");
  const args = options["arg"] as string[] | undefined;
  const kwargs = paramsOf(options["kwarg"] as string[] | undefined);
  return {
    ...(action !== undefined && { action }),
    ...(args !== undefined && { args: args.map((text) => jsonOrText(text) as Json) }),
    ...(kwargs !== undefined && { kwargs }),
  };
}

function givenOf(options: Options): { with?: Record<string, Json> } {
  const pairs = options["with"] as string[] | undefined;
  if (pairs === undefined) return {};
  const [only] = pairs;
  if (pairs.length > 1 || !only!.trimStart().startsWith("{")) return { with: paramsOf(pairs)! };
  try {
    return { with: JSON.parse(only!) as Record<string, Json> };
  } catch (error) {
    throw usage(`--with is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
