/** Publishes files as a plugin: shows what would go, under which name, and what it replaces. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { formatSize } from "@octopus/base/duration.ts";
import type { PluginView } from "@octopus/protocol/plugin.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { chosenPlugin } from "@octopus/view/upload.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { wordsOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { TextInput } from "../../parts/field.tsx";
import { Remark } from "../../parts/notices.tsx";
import { DropZone } from "./drop-zone.tsx";
import { base64Of, filesOfChooser, type PickedFile } from "./picked-files.ts";
import styles from "./plugins.module.css";

interface UploadDialogProps {
  files: readonly PickedFile[];
  known: readonly Pick<PluginView, "name" | "version">[];
  /** A new version of this one: the name is given. */
  name?: string;
  onClose(): void;
}

export function UploadDialog({ files: first, known, name: given, onClose }: UploadDialogProps) {
  const navigate = useNavigate();
  const [files, setFiles] = useState(first);
  const [said, setSaid] = useState<string>();
  const chosen = useMemo(() => chosenPlugin(files), [files]);
  const name = given ?? said ?? chosen.name;
  const before = known.find((plugin) => plugin.name === name);
  const bytes = chosen.files.reduce((sum, { file }) => sum + file.bytes, 0);
  const publish = useAction({
    run: async () => {
      const sent = await Promise.all(
        chosen.files.map(async ({ file, path }) => ({ path, base64: await base64Of(file.file) })),
      );
      return client.setPlugin(name, sent);
    },
    done: (plugin) => `${plugin.name} is published as version ${plugin.version}`,
    stale: [keys.plugins, keys.plugin(name)],
    isQuiet: true,
    onDone: onClose,
    leave: (plugin) => void navigate({ to: "/plugins/$name", params: { name: plugin.name } }),
  });
  const pick = (picked: readonly PickedFile[]): void => {
    publish.reset();
    setFiles(picked);
  };
  return (
    <Dialog
      title={given === undefined ? "Upload a plugin" : `New version of ${given}`}
      isOpen
      isWide
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="main"
            isBusy={publish.isPending}
            disabled={files.length === 0 || chosen.problem !== undefined || name === ""}
            onClick={() => publish.run()}
          >
            {before === undefined ? "Publish" : `Publish version ${before.version + 1}`}
          </Button>
        </>
      }
    >
      <div className={styles["form"]}>
        <DropZone onFiles={pick}>
          <Choosers onFiles={pick} />
        </DropZone>
        {files.length > 0 && (
          <>
            <TextInput
              label="Name"
              hint="What tasks call it by"
              value={name}
              onChange={setSaid}
              disabled={given !== undefined}
            />
            {before !== undefined && (
              <p className={styles["hint"]}>
                It takes the place of version {before.version} for all workers; versions before stay for a while.
              </p>
            )}
            <div>
              <p className={styles["hint"]}>
                {chosen.files.length === 1 ? "One file" : `${chosen.files.length} files`}, {formatSize(bytes)}
                {chosen.left.length > 0 && `; left out: ${chosen.left.slice(0, 8).map(inertLine).join(", ")}`}
                {chosen.left.length > 8 && ` and ${chosen.left.length - 8} more`}
              </p>
              <ul className={styles["files"]} aria-label="Files to publish">
                {chosen.files.slice(0, 200).map(({ file, path }) => (
                  <li key={path}>
                    <span>{inertLine(path)}</span>
                    <span className={styles["size"]}>{formatSize(file.bytes)}</span>
                  </li>
                ))}
              </ul>
            </div>
            {chosen.problem !== undefined && <Remark tone="warn">{chosen.problem}</Remark>}
          </>
        )}
        {publish.error !== null && <Remark tone="bad">{wordsOf(publish.error)}</Remark>}
      </div>
    </Dialog>
  );
}

function Choosers({ onFiles }: { onFiles(files: readonly PickedFile[]): void }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  return (
    <div className={styles["drop"]}>
      <p>Drop a file, several or a folder here, or choose them.</p>
      <div className={styles["choices"]}>
        <Button onClick={() => files.current?.click()}>Choose files</Button>
        <Button onClick={() => folder.current?.click()}>Choose a folder</Button>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files of the plugin"
        onChange={(event) => onFiles(filesOfChooser(event.target.files))}
      />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder of the plugin"
        onChange={(event) => onFiles(filesOfChooser(event.target.files))}
      />
    </div>
  );
}
