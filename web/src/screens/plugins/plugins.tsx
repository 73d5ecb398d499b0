/** Plugins: code that the server has and every worker gets. Files are chosen, or dropped anywhere on this screen. */
import { useQuery } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useState } from "react";
import { formatSize } from "@octopus/base/duration.ts";
import type { PluginView } from "@octopus/protocol/plugin.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useFilterKey } from "../../app/list-keys.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { TextInput } from "../../parts/field.tsx";
import { PluginLink } from "../../parts/links.tsx";
import { LateTrouble } from "../../parts/late-trouble.tsx";
import { Empty, Loading, Remark } from "../../parts/notices.tsx";
import { Page, Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";
import { DropZone } from "./drop-zone.tsx";
import type { PickedFile } from "./picked-files.ts";
import styles from "./plugins.module.css";
import { isSpreading, Spread, SPREAD_MS } from "./spread.tsx";
import { UploadDialog } from "./upload-dialog.tsx";

const COLUMNS: readonly Column<PluginView>[] = [
  { title: "Plugin", cell: ({ name }) => <PluginLink name={name} /> },
  { title: "Version", cell: ({ version }) => version, isNumber: true },
  { title: "Language", cell: ({ language }) => language, isMinor: true },
  { title: "Workers", cell: ({ workers }) => <Spread workers={workers} /> },
  { title: "Actions", cell: ({ actions }) => actions.join(", "), isMinor: true },
  { title: "About", cell: ({ description }) => inertLine(description ?? ""), isWide: true },
  { title: "Size", cell: ({ bytes }) => formatSize(bytes), isNumber: true, isMinor: true },
  { title: "Changed", cell: ({ publishedAt }) => <Ago at={publishedAt} />, isMinor: true },
];

export function Plugins() {
  const mayUpload = useMay("admin");
  const [dropped, setDropped] = useState<{ files: readonly PickedFile[] }>();
  const [text, setText] = useSearchText("q");
  const { data, error, refetch } = useQuery({
    queryKey: keys.plugins,
    queryFn: () => client.plugins(),
    // How far a version has come is no event.
    refetchInterval: ({ state }) => (state.data?.items.some(isSpreading) === true ? SPREAD_MS : false),
  });
  useFilterKey();
  const upload = (files: readonly PickedFile[] = []) => setDropped({ files });
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = (data?.items ?? []).filter((plugin) => {
    const said =
      `${plugin.name} ${plugin.description ?? ""} ${plugin.actions.join(" ")} ${plugin.language}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
  const page = (
    <Page
      title="Plugins"
      lead="Code that this server hands to every worker."
      actions={
        mayUpload && (
          <Button kind="main" icon={<Upload aria-hidden />} onClick={() => upload()}>
            Upload
          </Button>
        )
      }
    >
      <LateTrouble error={error} isShown={data !== undefined} retry={() => void refetch()} />
      {data?.problems.map(({ plugin, file, problem }) => (
        <Remark key={file} tone="bad">
          <b>{inertLine(file)}</b> cannot be used{plugin !== undefined && ` as the plugin ${plugin}`}:{" "}
          {inertLine(problem)}
        </Remark>
      ))}
      {data === undefined ? (
        error === null && <Loading lines={4} />
      ) : data.items.length === 0 ? (
        <Panel>
          <Empty title="There are no plugins yet">
            <p>
              A plugin is a file or folder with functions in Python, JavaScript, TypeScript or WebAssembly. Tasks call
              them by name; every worker gets them by itself.
            </p>
            {mayUpload ? (
              <p>
                <Button kind="main" onClick={() => upload()}>
                  Upload the first one
                </Button>{" "}
                or drop files here
              </p>
            ) : (
              <p>An admin uploads them.</p>
            )}
          </Empty>
        </Panel>
      ) : (
        <>
          <div className={styles["filters"]}>
            <TextInput
              label="Filter"
              isBare
              type="search"
              placeholder="Name, action, words"
              value={text}
              onChange={setText}
            />
          </div>
          <Panel isFlush>
            {found.length === 0 ? (
              <Empty title="No plugin is like that">
                <Button onClick={() => setText(undefined)}>Show all {data.items.length}</Button>
              </Empty>
            ) : (
              <Table label="Plugins" columns={COLUMNS} rows={found} keyOf={({ name }) => name} />
            )}
          </Panel>
        </>
      )}
      {dropped !== undefined && (
        <UploadDialog files={dropped.files} known={data?.items ?? []} onClose={() => setDropped(undefined)} />
      )}
    </Page>
  );
  return mayUpload && dropped === undefined ? <DropZone onFiles={upload}>{page}</DropZone> : page;
}
