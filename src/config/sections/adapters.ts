/** Settings of one adapter: a plugin with settings of its own, under a name by which every handler can call it. */
import { setting } from "../setting.ts";
import { mapping, orNone, shaped } from "../values.ts";

/** Its name becomes a word of programs: `context.adapters.alerts`, `octopus.adapters.alerts`. */
export const ADAPTER_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const PLUGIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** All of them go to each worker, at each start and with each change of a plugin. */
const WITH_BYTES_MAX = 64 * 1024;

export const adapterSettings = {
  plugin: setting(
    orNone(shaped("the name of a plugin", PLUGIN_NAME), "the name of a plugin"),
    "the adapter's name",
    "Plugin whose actions handlers call as `context.adapters.<name>`: one of `plugins.dir`, or one that comes with Octopus.",
  ),
  with: setting(
    mapping(WITH_BYTES_MAX),
    "none",
    "What each call of it finds as `context.config`; `{env: NAME}` in it is read from the environment of the worker.",
    { secret: true },
  ),
};
