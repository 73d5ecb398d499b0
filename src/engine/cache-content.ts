/** What of a task's work decides its result: the content that the key of a cache is made of. */
import type { Json } from "../base/words.ts";
import type { Plugins } from "../core/plugins/plugins.ts";
import type { Work } from "../protocol/task.ts";
import { pluginOf, pluginRefOf } from "./plugins/lookup.ts";

/** The work without what cannot change its result. Of a plugin it is its code that counts, by whatever name. */
export function contentOf(work: Work, plugins: () => Plugins): unknown {
  switch (work.kind) {
    case "shell": {
      const { command, shell, cwd, env, stdin } = work.shell;
      return { command, shell, cwd, env, stdin };
    }
    case "http": {
      const { method, url, headers, body, expect, maxBody } = work.http;
      return { method, url, headers, body, expect, maxBody };
    }
    case "docker": {
      const { image, command, entrypoint, env, cwd, stdin, volumes, user, platform } = work.docker;
      return { image, command, entrypoint, env, cwd, stdin, volumes, user, platform };
    }
    case "plugin": {
      const { action, args, kwargs, env, venv } = work.plugin;
      return { code: codeOf(work, plugins), action, args, kwargs, env, venv };
    }
    case "wasm": {
      const { args, env, stdin, dirs } = work.wasm;
      return { code: codeOf(work, plugins), args, env, stdin, dirs };
    }
    default:
      return work;
  }
}

/** What it works on, for a key that stands for all the rest. */
export function inputOf(work: Work): Json | undefined {
  switch (work.kind) {
    case "call":
      return work.input;
    case "plugin":
      return { args: work.plugin.args ?? [], kwargs: work.plugin.kwargs ?? {} };
    case "custom":
      return work.custom.with;
    default:
      return undefined;
  }
}

function codeOf(work: Work, plugins: () => Plugins): string | undefined {
  const ref = pluginRefOf(work)!;
  return pluginOf(plugins(), ref)?.hash ?? ref;
}
