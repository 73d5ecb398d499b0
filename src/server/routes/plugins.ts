/** Plugins: what there is, what is in them, and how one comes and goes. */
import { z } from "@hono/zod-openapi";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { OctopusError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import type { EngineApi } from "../../engine/api.ts";
import { show, suggestKeys } from "../../protocol/parse.ts";
import { PluginDetail, PluginUpload, PluginView } from "../../protocol/plugin.ts";
import { answerFile } from "../answer-file.ts";
import { addRoute, type App, json } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { wholeNumber } from "./queries.ts";

const tag = "plugins";
/** Files in base64, with a margin for what stands around them. */
const UPLOAD_BYTES_MAX = 24 * 1024 * 1024;

const { name: _, ...uploadFields } = PluginUpload.shape;
const Upload = z
  .strictObject({ ...uploadFields, name: PluginUpload.shape.name.optional() })
  .meta({ id: "PluginFiles" });
const Problem = z.object({ plugin: z.string().optional(), file: z.string(), problem: z.string() });
const FileQuery = z.strictObject({ version: wholeNumber(1, 999_999_999).optional() });

suggestKeys([...Object.keys(PluginUpload.shape), "path", "text", "base64"]);

export function addPluginRoutes(app: App, scope: ServerScope): void {
  addReads(app, scope);
  addFile(app, scope);
  addChanges(app, scope);
}

export function noPlugin(engine: EngineApi, name: string): OctopusError {
  const names = engine.plugins.list().map((one) => one.name);
  const near = nearest(name, names);
  return new OctopusError(
    "not_found",
    `there is no plugin ${show(name)}${near === undefined ? "" : ` (did you mean ${near}?)`}`,
  );
}

function addReads(app: App, { options: { engine } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/plugins",
      tag,
      summary: "List plugins",
      description: "`problems` are files of the folder that no plugin can be made of, with the reason.",
      answer: {
        status: 200,
        schema: z.object({ items: z.array(PluginView), problems: z.array(Problem) }),
        description: "All of them, by name",
      },
    },
    () => json({ items: engine.plugins.list(), problems: engine.plugins.problems() }),
  );
  addRoute(
    app,
    {
      method: "get",
      path: "/plugins/{name}",
      tag,
      summary: "Show a plugin with its versions, and what it says of itself",
      answer: { status: 200, schema: PluginDetail, description: "The plugin" },
      errors: ["not_found"],
    },
    ({ id }) => {
      const plugin = engine.plugins.show(id);
      if (plugin === undefined) throw noPlugin(engine, id);
      return json(plugin);
    },
  );
}

function addFile(app: App, { options: { engine, log } }: ServerScope): void {
  addRoute(
    app,
    {
      method: "get",
      path: "/plugins/{name}/files/{path}",
      tag,
      summary: "Download a file of a plugin",
      description: "`version`: as it was then, of those that are kept.",
      query: FileQuery,
      answer: { status: 200, type: "application/octet-stream", description: "The bytes, as an attachment" },
      errors: ["not_found"],
    },
    async ({ id, rest, query, request, response }) => {
      const plugin = engine.plugins.show(id);
      if (plugin === undefined) throw noPlugin(engine, id);
      const { version = plugin.version } = query;
      const file = engine.plugins.file(id, version, rest);
      if (file === undefined) throw noFile(plugin, version, rest);
      await answerFile(response, file, { name: rest, isWanted: request.method !== "HEAD", log });
      return RESPONSE_ALREADY_SENT;
    },
  );
}

function noFile({ name, versions }: PluginDetail, version: number, path: string): OctopusError {
  const files = versions.find((one) => one.version === version)?.files;
  if (files === undefined) {
    const kept = versions.map((one) => one.version).join(", ");
    return new OctopusError("not_found", `version ${version} of the plugin ${name} is not kept: there are ${kept}`);
  }
  const paths = files.slice(0, 20).map((file) => file.path);
  return new OctopusError(
    "not_found",
    `version ${version} of ${name} has no file ${show(path)}: there are ${paths.join(", ")}`,
  );
}

function addChanges(app: App, { options: { engine, limits, plugins } }: ServerScope): void {
  const door = () => {
    if (plugins !== undefined) return plugins;
    throw new OctopusError("conflict", "this server has no folder of plugins: there is nowhere to keep one");
  };
  addRoute(
    app,
    {
      method: "put",
      path: "/plugins/{name}",
      tag,
      summary: "Publish a plugin, or a new version of it",
      description:
        "One file, or several with an entry named `main.*` or `__init__.py`. They are written into the folder of plugins, " +
        "in place of what has that name there, and workers have them a moment later.",
      body: Upload,
      bodyBytes: Math.min(limits.bodyBytes, UPLOAD_BYTES_MAX),
      answer: { status: 200, schema: PluginDetail, description: "The plugin as it is now" },
      errors: ["conflict", "storage_full", "storage_failed"],
    },
    async ({ id, body, principal }) => {
      if (body.name !== undefined && body.name !== id) {
        const message = `must be ${show(id)} as in the path, or be left out, not ${show(body.name)}`;
        throw new OctopusError("invalid", `name ${message}`, { issues: [{ path: "name", message }] });
      }
      const files = body.files.map(({ path, text, base64 }) => ({
        path,
        content: text === undefined ? Buffer.from(base64!, "base64") : Buffer.from(text),
      }));
      return json(await door().put(id, files, principal.who));
    },
  );
  addRoute(
    app,
    {
      method: "delete",
      path: "/plugins/{name}",
      tag,
      summary: "Remove a plugin",
      description:
        "Attempts that run it go on. Versions stay for tasks that name one; what asks for the newest is refused, or fails.",
      answer: { status: 204, description: "It is gone" },
      errors: ["not_found", "conflict"],
    },
    async ({ id, principal }) => {
      if (engine.plugins.show(id) === undefined) throw noPlugin(engine, id);
      await door().remove(id, principal.who);
      return new Response(null, { status: 204 });
    },
  );
}
