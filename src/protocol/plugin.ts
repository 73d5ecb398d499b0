/**
 * A plugin as people and machines see it: what its file says of itself, what the server has of it, and what is asked of the
 * server. The code itself travels as files, by the SHA-256 of their content.
 */
import { z } from "zod";
import { PLUGIN_LANGUAGES, type PluginLanguage } from "../base/words.ts";
import { Duration } from "./common.ts";
import { JsonValue } from "./json.ts";
import { ActionName, PluginName } from "./work/plugin.ts";
import { Sandbox } from "./work/sandbox.ts";

/** What a plugin says of one of its actions. */
export const PluginAction = z
  .strictObject({
    description: z.string().max(2000).optional(),
    /** JSON Schema of an object: the values that it takes, by name. Calls are checked against it; forms are made of it. */
    inputs: z.record(z.string(), JsonValue).optional(),
    /** The names of `inputs` that values in order stand for; default: those of its properties, in their order. */
    args: z.array(z.string()).max(64).optional(),
    timeout: Duration.optional(),
  })
  .meta({ id: "PluginAction" });
export type PluginAction = z.infer<typeof PluginAction>;

/**
 * What a plugin says of itself: in `plugin.yaml` of its folder, or in comments of its one file, between a line `/// octopus`
 * and a line `///`. The server reads this and never runs the code.
 */
export const PluginManifest = z
  .strictObject({
    description: z.string().max(2000).optional(),
    /** In `plugin.yaml`: the file that is the entry, where that is not `main.*` or `__init__.py`. */
    entry: z.string().min(1).max(500).optional(),
    actions: z.record(ActionName, PluginAction).optional(),
    /** Name of a virtual environment of the workers (`worker.venvs`), for Python. */
    venv: z.string().min(1).optional(),
    sandbox: Sandbox.optional(),
    timeout: Duration.optional(),
  })
  .meta({ id: "PluginManifest" });
export type PluginManifest = z.infer<typeof PluginManifest>;

/** A plugin as it travels to workers: what is needed to run it. */
export interface PluginCopy {
  name: string;
  version: number;
  /** SHA-256 in hex over its language, the settings below and the paths and hashes of its files: names this very version. */
  hash: string;
  language: PluginLanguage;
  /** The entry is the first: `main.py` of a folder, or the one file. Paths are relative, with `/` between their parts. */
  files: PluginFile[];
  venv?: string;
  sandbox?: Sandbox;
}

export interface PluginFile {
  path: string;
  sha256: string;
  bytes: number;
}

/** An adapter that a deployment has configured: a plugin with settings, under a name of its own. */
export interface AdapterCopy {
  plugin: string;
  /** Given to each call of it as `context.config`. */
  with: Record<string, unknown>;
}

const Time = z.iso.datetime();

export const PluginVersionView = z
  .object({
    version: z.int(),
    hash: z.string(),
    language: z.enum(PLUGIN_LANGUAGES),
    files: z.array(z.object({ path: z.string(), sha256: z.string(), bytes: z.int() })),
    publishedAt: Time,
    publishedBy: z.string().optional(),
  })
  .meta({ id: "PluginVersion" });

export const PluginView = z
  .object({
    name: PluginName,
    language: z.enum(PLUGIN_LANGUAGES),
    description: z.string().optional(),
    version: z.int(),
    hash: z.string(),
    bytes: z.int(),
    /** Names of its actions, as far as its code or its manifest tells without being run. */
    actions: z.array(z.string()),
    publishedAt: Time,
    publishedBy: z.string().optional(),
    /** Where it came from: the folder of plugins, or a request. */
    source: z.enum(["folder", "upload"]),
    /** Connected workers that can have plugins, by how far this version has come with them. */
    workers: z.object({
      ready: z.array(z.string()),
      /** Why they could not get it. */
      failed: z.record(z.string(), z.string()),
      /** They have neither got it so far nor said that they cannot. */
      coming: z.array(z.string()),
      /** Of those that do not have it: the version that they had before. */
      older: z.record(z.string(), z.int()),
    }),
    /** Its file cannot be used as it is; the version before it stays. */
    problem: z.string().optional(),
  })
  .meta({ id: "Plugin" });
export type PluginView = z.infer<typeof PluginView>;

export const PluginDetail = PluginView.extend({
  manifest: PluginManifest.optional(),
  versions: z.array(PluginVersionView),
}).meta({ id: "PluginDetail" });
export type PluginDetail = z.infer<typeof PluginDetail>;

/** A plugin to be published: one file, or several with an entry named `main.*` or `__init__.py`, in base64 or as text. */
export const PluginUpload = z
  .strictObject({
    name: PluginName,
    files: z
      .array(
        z
          .strictObject({
            path: z.string().min(1).max(500),
            text: z.string().optional(),
            base64: z.base64().optional(),
          })
          .refine(({ text, base64 }) => (text === undefined) !== (base64 === undefined), {
            error: "must have text or base64, and not both",
          }),
      )
      .min(1, { error: "must hold at least one file" })
      .max(1000),
  })
  .meta({ id: "PluginUpload" });
export type PluginUpload = z.infer<typeof PluginUpload>;
