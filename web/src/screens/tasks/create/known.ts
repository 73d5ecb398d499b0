/** What the form of a task knows of the server: names of arms, workers, functions, plugins, and a plugin's inputs. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import type { KnownPlugins } from "@octopus/view/task-schema.ts";
import { client } from "../../../data/client.ts";
import { keys } from "../../../data/keys.ts";
import type { Suggest } from "../../../parts/schema-inputs.tsx";
import type { Submission } from "./use-draft.ts";

/** The plugin and the action that a task names, without the version. */
function calledIn({ plugin }: Submission): { name: string; action: string } | undefined {
  if (typeof plugin === "string") return { name: plugin.split("@")[0]!, action: "main" };
  if (typeof plugin !== "object" || plugin === null || Array.isArray(plugin)) return undefined;
  const { name, action } = plugin;
  if (typeof name !== "string" || name === "") return undefined;
  return { name: name.split("@")[0]!, action: typeof action === "string" ? action : "main" };
}

export function useKnownPlugins(json: Submission): KnownPlugins {
  const { data } = useQuery({ queryKey: keys.plugins, queryFn: () => client.plugins() });
  const called = calledIn(json);
  const isThere = data?.items.some(({ name }) => name === called?.name) === true;
  const { data: plugin } = useQuery({
    queryKey: keys.plugin(called?.name ?? ""),
    queryFn: () => client.plugin(called!.name),
    enabled: isThere,
  });
  const action = called?.action;
  return useMemo(() => {
    const { items = [] } = data ?? {};
    const known: KnownPlugins = {
      plugins: items.filter(({ language }) => language !== "wasm").map(({ name }) => name),
      modules: items.filter(({ language }) => language === "wasm").map(({ name }) => name),
    };
    if (!isThere || plugin === undefined) return known;
    const actions = plugin.manifest?.actions ?? {};
    const inputs = action !== undefined && Object.hasOwn(actions, action) ? actions[action]!.inputs : undefined;
    return { ...known, actions: plugin.actions, ...(inputs !== undefined && { inputs }) };
  }, [data, plugin, isThere, action]);
}

/** Names for fields that take one. */
export function useSuggestions({ plugins, modules }: KnownPlugins): Suggest {
  const { data: status } = useQuery({ queryKey: keys.status, queryFn: () => client.status() });
  const { data: quotas } = useQuery({ queryKey: keys.quotas, queryFn: () => client.quotas() });
  return useCallback(
    (format) => {
      const workers = status?.workers ?? [];
      switch (format) {
        case "arm":
          return (status?.arms ?? []).map(({ name }) => name);
        case "worker":
          return [...workers.map(({ name }) => name), "ALL"];
        case "function":
          return [...new Set(workers.flatMap(({ functions }) => functions))].toSorted();
        case "plugin":
          return plugins;
        case "module":
          return modules;
        case "owner":
          return (quotas ?? []).map(({ owner }) => owner).filter((owner) => owner !== "*");
        default:
          return [];
      }
    },
    [status, quotas, plugins, modules],
  );
}
