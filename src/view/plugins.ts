/** Plugins as rows of a table, and one of them in full. */
import { formatSize } from "../base/duration.ts";
import type { PluginDetail, PluginView } from "../protocol/plugin.ts";
import type { Paint } from "./paint.ts";
import { type Column, renderFacts, renderTable } from "./table.ts";
import { clean } from "./text.ts";
import { relative } from "./time.ts";

export function pluginColumns(now: number): Column<PluginView>[] {
  return [
    { title: "PLUGIN", cell: ({ name }) => name, max: 40 },
    { title: "VERSION", cell: ({ version }) => String(version), side: "right" },
    { title: "LANGUAGE", cell: ({ language }) => language },
    { title: "SIZE", cell: ({ bytes }) => formatSize(bytes), side: "right" },
    { title: "CHANGED", cell: ({ publishedAt }) => relative(publishedAt, now) },
    { title: "WORKERS", cell: workersText },
    { title: "ACTIONS", cell: ({ actions }) => actions.join(", "), max: 40 },
    { title: "ABOUT", cell: ({ description }) => description ?? "", max: 50 },
    { title: "PROBLEM", cell: ({ problem }) => problem ?? "", colour: () => "red", max: 80 },
  ];
}

/** How many have it, and how many cannot have it. */
function workersText({ workers: { ready, failed } }: PluginView): string {
  const lost = Object.keys(failed).length;
  return lost === 0 ? String(ready.length) : `${ready.length}, ${lost} failed`;
}

/** All of it: what it is, what its actions take, who has it, its versions. */
export function pluginText(
  plugin: PluginDetail,
  look: { paint: Paint; columns?: number | undefined },
  now: number,
): string {
  const { paint } = look;
  const { name, description, version, language, bytes, source, publishedAt, publishedBy, workers, problem } = plugin;
  const { venv, timeout } = plugin.manifest ?? {};
  const facts = renderFacts(
    [
      ["plugin", clean(name)],
      ["about", description === undefined ? undefined : clean(description)],
      ["version", `${version}, ${relative(publishedAt, now)}${publishedBy === undefined ? "" : `, by ${publishedBy}`}`],
      ["language", language],
      ["size", formatSize(bytes)],
      ["from", source === "folder" ? "the folder of plugins" : "an upload"],
      ["venv", venv],
      ["timeout", timeout === undefined ? undefined : `${timeout} ms`],
      ["workers", workers.ready.join(", ")],
      ["coming", workers.coming.join(", ")],
      ...Object.entries(workers.failed).map(([worker, why]) => [paint("red", worker), clean(why)] as const),
      [paint("red", "problem"), problem === undefined ? undefined : clean(problem)],
    ],
    paint,
  );
  const versions = renderTable(versionColumns(now), plugin.versions, look);
  return [facts, actionsText(plugin, paint), versions].filter((part) => part !== "").join("\n\n");
}

function actionsText({ actions, manifest }: PluginDetail, paint: Paint): string {
  const lines = actions.map((action) => {
    const said = manifest?.actions?.[action];
    const about = said?.description === undefined ? "" : `  ${said.description}`;
    // Without inputs in the manifest nobody knows what it takes.
    if (said?.inputs === undefined) return clean(`${action}(…)${about}`);
    const properties = (said.inputs["properties"] ?? {}) as Record<string, unknown>;
    const required = new Set((said.inputs["required"] ?? []) as string[]);
    const inputs = Object.keys(properties).map((input) => (required.has(input) ? input : `[${input}]`));
    return clean(`${action}(${inputs.join(", ")})${about}`);
  });
  return lines.length === 0 ? "" : `${paint("bold", "ACTIONS")}\n${lines.join("\n")}`;
}

function versionColumns(now: number): Column<PluginDetail["versions"][number]>[] {
  return [
    { title: "VERSION", cell: ({ version }) => String(version), side: "right" },
    { title: "HASH", cell: ({ hash }) => hash.slice(0, 12) },
    { title: "SINCE", cell: ({ publishedAt }) => relative(publishedAt, now) },
    { title: "BY", cell: ({ publishedBy }) => publishedBy ?? "" },
    { title: "FILES", cell: ({ files }) => files.map(({ path }) => path).join(", "), max: 60 },
  ];
}
