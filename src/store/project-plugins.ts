/** Rows of plugins and of their versions, and how the catalogue is read back. */
import type { DatabaseSync } from "node:sqlite";
import type { PluginLanguage } from "../base/words.ts";
import type { PluginPublished, PluginRemoved } from "../core/plugins/events.ts";
import type { PluginVersion } from "../core/plugins/plugins.ts";
import type { StoredState } from "../core/load.ts";
import type { Statements } from "./statements.ts";

export function projectPlugin(statements: Statements, event: PluginPublished | PluginRemoved, at: number): void {
  const { plugin, by = null } = event;
  if (event.type === "PluginRemoved") {
    statements.run("UPDATE plugin SET removed_at = ?, removed_by = ? WHERE name = ?", at, by, plugin);
    statements.audit(at, "remove plugin", plugin);
    return;
  }
  statements.run(
    "INSERT INTO plugin (name) VALUES (?) ON CONFLICT DO UPDATE SET removed_at = NULL, removed_by = NULL",
    plugin,
  );
  keepVersion(statements, event, at);
  for (const version of event.dropped ?? []) {
    statements.run("DELETE FROM plugin_version WHERE plugin = ? AND version = ?", plugin, version);
    statements.run("DELETE FROM plugin_file WHERE plugin = ? AND version = ?", plugin, version);
  }
  statements.audit(at, "publish plugin", plugin, `version ${event.version}`);
}

/** One that is there already is a plugin that came back as it was. */
function keepVersion(statements: Statements, event: PluginPublished, at: number): void {
  const { plugin, version, hash, language, manifest = null, actions, source, by = null } = event;
  statements.run(
    `INSERT INTO plugin_version (plugin, version, hash, language, manifest, actions, source, published_at, published_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ...([plugin, version, hash, language, manifest, JSON.stringify(actions), source, at, by] as const),
  );
  for (const [place, { path, sha256, bytes }] of event.files.entries()) {
    statements.run(
      `INSERT INTO plugin_file (plugin, version, place, path, sha256, bytes) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      ...([plugin, version, place, path, sha256, bytes] as const),
    );
  }
}

interface VersionRow {
  plugin: string;
  version: number;
  hash: string;
  language: PluginLanguage;
  manifest: string | null;
  actions: string;
  source: PluginVersion["source"];
  published_at: number;
  published_by: string | null;
}

interface FileRow {
  plugin: string;
  version: number;
  path: string;
  sha256: string;
  bytes: number;
}

export function loadPlugins(db: DatabaseSync): StoredState["plugins"] {
  const all = <Row>(sql: string): Row[] => db.prepare(sql).all() as unknown as Row[];
  const filesOf = Map.groupBy(
    all<FileRow>("SELECT plugin, version, path, sha256, bytes FROM plugin_file ORDER BY plugin, version, place"),
    ({ plugin, version }) => `${plugin}@${version}`,
  );
  const versionsOf = Map.groupBy(
    all<VersionRow>("SELECT * FROM plugin_version ORDER BY plugin, version"),
    ({ plugin }) => plugin,
  );
  const plugins = all<{ name: string; removed_at: number | null; removed_by: string | null }>("SELECT * FROM plugin");
  return plugins.map(({ name, removed_at: removedAt, removed_by: removedBy }) => ({
    plugin: name,
    removedAt: removedAt ?? 0,
    removedBy: removedBy ?? undefined,
    versions: (versionsOf.get(name) ?? []).map((row) => versionOfRow(row, filesOf.get(`${name}@${row.version}`) ?? [])),
  }));
}

function versionOfRow(row: VersionRow, files: readonly FileRow[]): PluginVersion {
  return {
    ...{ version: row.version, hash: row.hash, language: row.language, source: row.source },
    files: files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
    manifest: row.manifest ?? undefined,
    actions: JSON.parse(row.actions) as string[],
    by: row.published_by ?? undefined,
    publishedAt: row.published_at,
  };
}
