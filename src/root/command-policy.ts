/** The policy of commands by the settings. Its parser is loaded with the first command that is worth reading. */
import { createRequire } from "node:module";
import type { Config } from "../config/schema.ts";
import { CommandPolicy } from "../policy/policy.ts";
import { policySettings } from "../policy/settings.ts";
import type { ShellParser } from "../policy/shell-parser.ts";

/** By the settings that it is made of: namespaces that say nothing else share that of the top. */
const POLICIES = new WeakMap<object, CommandPolicy>();

/** Undefined where nothing is ever refused. */
export function commandPolicy(settings: Config["policy"]): CommandPolicy | undefined {
  let policy = POLICIES.get(settings);
  if (policy === undefined) {
    policy = new CommandPolicy(policySettings(settings), loadParser);
    POLICIES.set(settings, policy);
  }
  return policy.isOff ? undefined : policy;
}

let parser: ShellParser | undefined;

/** At once, because a submission is decided in one turn. */
function loadParser(): ShellParser {
  parser ??= createRequire(import.meta.url)("unbash") as ShellParser;
  return parser;
}
