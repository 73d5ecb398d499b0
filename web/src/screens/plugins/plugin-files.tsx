/** The files of a version of a plugin, to be read; and what changed against the version before. */
import { useQuery } from "@tanstack/react-query";
import { formatSize } from "@octopus/base/duration.ts";
import type { PluginDetail } from "@octopus/protocol/plugin.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Diff } from "../../editor/diff.tsx";
import { Editor } from "../../editor/editor.tsx";
import { Checkbox, Select } from "../../parts/field.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import styles from "./plugins.module.css";

/** More of a file is for an editor of one's own. */
const SHOWN_BYTES_MAX = 512 * 1024;

export function PluginFiles({ plugin }: { plugin: PluginDetail }) {
  const [saidVersion, setVersion] = useSearchText("version");
  const [saidPath, setPath] = useSearchText("file");
  const [compare, setCompare] = useSearchText("compare");
  const version = plugin.versions.find((one) => String(one.version) === saidVersion) ?? plugin.versions[0];
  if (version === undefined) return null;
  const file = version.files.find(({ path }) => path === saidPath) ?? version.files[0];
  const before = plugin.versions.find((one) => one.version < version.version);
  // The entry is the first, whatever it was called: a file alone has the name of the plugin.
  const isEntry = file !== undefined && file === version.files[0];
  const fileBefore = before?.files.find(({ path }) => path === file?.path) ?? (isEntry ? before?.files[0] : undefined);
  const isCompared = compare !== "" && before !== undefined;
  return (
    <Panel>
      <div className={styles["form"]}>
        <div className={styles["bar"]}>
          <Select
            label="Version"
            options={plugin.versions.map((one) => ({
              value: String(one.version),
              label: one.version === plugin.version ? `${one.version} (newest)` : String(one.version),
            }))}
            value={String(version.version)}
            onChange={(value) => setVersion(value === String(plugin.version) ? undefined : value)}
          />
          <Select
            label="File"
            options={version.files.map(({ path, bytes }) => ({
              value: path,
              label: `${inertLine(path)} (${formatSize(bytes)})`,
            }))}
            value={file?.path ?? ""}
            onChange={setPath}
          />
          {before !== undefined && (
            <Checkbox
              label={`Against version ${before.version}`}
              isOn={isCompared}
              onChange={(isOn) => setCompare(isOn ? "1" : undefined)}
            />
          )}
        </div>
        {file !== undefined && (
          <FileText
            key={`${version.version}/${file.path}/${isCompared}`}
            plugin={plugin.name}
            version={version.version}
            file={file}
            before={isCompared ? { version: before.version, file: fileBefore } : undefined}
          />
        )}
      </div>
    </Panel>
  );
}

interface PluginFile {
  path: string;
  sha256: string;
  bytes: number;
}

interface FileTextProps {
  plugin: string;
  version: number;
  file: PluginFile;
  before: { version: number; file: PluginFile | undefined } | undefined;
}

function FileText({ plugin, version, file, before }: FileTextProps) {
  const text = useFileText(plugin, version, file);
  const old = useFileText(plugin, before?.version ?? version, before?.file);
  if (file.bytes > SHOWN_BYTES_MAX)
    return (
      <p className={styles["hint"]}>
        {inertLine(file.path)} has {formatSize(file.bytes)}, too much to show. `octopus plugins` brings it to a folder.
      </p>
    );
  if (text.error !== null) return <Trouble error={text.error} retry={() => void text.refetch()} />;
  if (text.data === undefined || (before?.file !== undefined && old.data === undefined)) return <Loading />;
  if (text.data === null)
    return (
      <p className={styles["hint"]}>
        {inertLine(file.path)} is no text: {formatSize(file.bytes)} of bytes.
      </p>
    );
  if (before !== undefined)
    return (
      <Diff
        before={old.data ?? ""}
        after={text.data}
        language={languageOf(file.path)}
        label={`${file.path} of version ${before.version} and ${version}`}
        beforeTitle={titleOf(before, file.path)}
        afterTitle={`version ${version}`}
      />
    );
  return <Editor language={languageOf(file.path)} value={text.data} label={`${file.path}, version ${version}`} />;
}

function titleOf({ version, file }: NonNullable<FileTextProps["before"]>, path: string): string {
  if (file === undefined) return `not in version ${version}`;
  return file.path === path ? `version ${version}` : `version ${version}: ${inertLine(file.path)}`;
}

/** Null: it is no text. A version's files never change. */
function useFileText(plugin: string, version: number, file: PluginFile | undefined) {
  return useQuery({
    queryKey: keys.plugin(plugin, "file", file?.sha256),
    enabled: file !== undefined && file.bytes <= SHOWN_BYTES_MAX,
    queryFn: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of client.readPluginFile(plugin, file!.path, version)) chunks.push(chunk);
      try {
        const decoder = new TextDecoder("utf-8", { fatal: true });
        const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
        return text.includes("\0") ? null : text;
      } catch {
        return null;
      }
    },
  });
}

function languageOf(path: string): "json" | "yaml" | "text" {
  if (path.endsWith(".json")) return "json";
  return /\.ya?ml$/.test(path) ? "yaml" : "text";
}
