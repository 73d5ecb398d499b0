/** Which commands are refused: by the server, and by a worker on its own. */
import { OctopusError } from "../../base/errors.ts";
import { POLICY_MODES, readArmPolicies, readRules } from "../../policy/settings.ts";
import { type Reader, Refusal, setting } from "../setting.ts";
import { list, word, yesNo } from "../values.ts";

/** A structure that `read` takes or refuses with words; in a variable or a flag it is JSON. */
function structure<T>(read: (value: unknown) => T, form: string): Reader<T> {
  return (value) => {
    try {
      return read(typeof value === "string" ? parsed(value) : (value ?? {}));
    } catch (error) {
      if (error instanceof OctopusError) return new Refusal(`must be ${form}: ${error.message}`);
      throw error;
    }
  };
}

function parsed(text: string): unknown {
  if (text.trim() === "" || text.trim() === "none") return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function section(mode: string, whose: string) {
  return {
    mode: setting(
      word(POLICY_MODES),
      mode,
      `What becomes of commands that the rules ${whose} forbid: enforce refuses them, warn only tells, off does not look.`,
    ),
    defaults: setting(yesNo(), "true", "Whether the rules that come with Octopus count, behind one's own."),
    without: setting(list("a list of names"), "none", "Names of those that do not."),
    rules: setting(
      structure(readRules, "rules by name, such as {no-docker: {deny: {program: docker}}}"),
      "none",
      "Rules by name, in order; the first that fits decides: [docs/operate/policy.md](../operate/policy.md).",
    ),
    arms: setting(
      structure(readArmPolicies, "a mode or programs by arm, such as {deploy: {only: [git]}}"),
      "none",
      "By arm a mode of its own, and `only`: the programs that its commands may start.",
    ),
  };
}

export const policySection = section("enforce", "of the server");
export const workerPolicySection = section("off", "of this worker");

const EMPTY = { defaults: true, without: [], rules: {}, arms: {} };
/** What they are when nobody says anything. */
export const POLICY_DEFAULTS = {
  ...defaultsOf("policy", { mode: "enforce", ...EMPTY }),
  ...defaultsOf("worker.policy", { mode: "off", ...EMPTY }),
};

function defaultsOf(prefix: string, values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]));
}
