/** Which plugins a worker has, and which it could not get. */
import { useQuery } from "@tanstack/react-query";
import type { PluginView } from "@octopus/protocol/plugin.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { PluginLink } from "../../parts/links.tsx";
import { Panel } from "../../parts/page.tsx";
import { Table } from "../../parts/table.tsx";

export function WorkerPlugins({ name }: { name: string }) {
  const { data } = useQuery({ queryKey: keys.plugins, queryFn: () => client.plugins() });
  const rows = (data?.items ?? []).flatMap((plugin) => {
    const state = stateAt(plugin, name);
    return state === undefined ? [] : [{ plugin, state }];
  });
  if (rows.length === 0) return null;
  return (
    <Panel title="Plugins" isFlush>
      <Table
        label={`Plugins of ${name}`}
        keyOf={({ plugin }) => plugin.name}
        rows={rows}
        columns={[
          { title: "Plugin", cell: ({ plugin }) => <PluginLink name={plugin.name} /> },
          { title: "Newest", cell: ({ plugin }) => plugin.version, isNumber: true },
          { title: "Here", cell: ({ state }) => state, isWide: true },
        ]}
      />
    </Panel>
  );
}

function stateAt({ version, workers }: PluginView, name: string): string | undefined {
  if (workers.ready.includes(name)) return `version ${version}`;
  const older = workers.older[name];
  const before = older === undefined ? "" : `; it has version ${older}`;
  if (Object.hasOwn(workers.failed, name)) return `could not get it: ${workers.failed[name]}${before}`;
  return workers.coming.includes(name) ? `is getting it${before}` : undefined;
}
