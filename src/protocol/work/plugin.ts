/** A call of a plugin: code that the server has, and that it distributes to its workers. */
import { z } from "zod";
import { Duration, Env, Size } from "../common.ts";
import { JsonValue } from "../json.ts";
import { Sandbox } from "./sandbox.ts";

/** What a plugin is called: also the name of its file, and of a module where its language has such. */
export const PLUGIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

const NAME_ERROR = "must begin with a letter or _ and hold at most 64 letters, digits, _ and -";
export const PluginName = z.string().regex(PLUGIN_NAME, { error: NAME_ERROR });

/** A plugin, as it is when the attempt starts; or for good one of its versions: `report@3`. */
export const PluginRef = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}(@[1-9]\d{0,8})?$/, {
  error: `${NAME_ERROR}; @3 behind it means version 3`,
});

/** The name and, where one is said, the version. */
export function parsePluginRef(ref: string): { name: string; version: number | undefined } {
  const [name, version] = ref.split("@");
  return { name: name!, version: version === undefined ? undefined : Number(version) };
}

/** Something in a plugin that can be called: a function of it that does not begin with `_`. */
export const ActionName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, {
  error: "must be the name of a function: letters, digits and _, beginning with a letter",
});

export const PluginWork = z
  .strictObject({
    name: PluginRef,
    action: ActionName.default("main"),
    /** Values in order. They are JSON and mean what they say. */
    args: z.array(JsonValue, { error: "must be a list of values" }).optional(),
    /** Values by name. A plugin in JavaScript gets them as one object, behind the others. */
    kwargs: z.record(z.string(), JsonValue, { error: "must be a mapping of names to values" }).optional(),
    env: Env.optional(),
    /** Name of a virtual environment of the worker (`worker.venvs`). */
    venv: z.string().min(1).optional(),
    sandbox: Sandbox.optional(),
    /** Output kept per attempt; what comes after it is dropped, and the log says so. */
    maxOutput: Size.optional(),
    /** Time between the wish to stop and the end of its process. */
    grace: Duration.optional(),
  })
  .meta({ id: "PluginWork" });
export type PluginWork = z.infer<typeof PluginWork>;
