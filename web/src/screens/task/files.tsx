/** Files that the attempts left: to be downloaded, and looked at where that is safe. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { formatSize } from "@octopus/base/duration.ts";
import { OctopusError } from "@octopus/base/errors.ts";
import { decodeBytes } from "@octopus/base/utf8.ts";
import type { ArtifactView, TaskDetail } from "@octopus/protocol/views.ts";
import { inert, inertLine } from "@octopus/view/inert.ts";
import { keys } from "../../data/keys.ts";
import { Button } from "../../parts/button.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import styles from "./task.module.css";
import { address } from "../../data/here.ts";

const TEXT_BYTES_MAX = 256 * 1024;
const IMAGE_BYTES_MAX = 16 * 1024 * 1024;
/** What a browser draws without running anything of it; SVG is not among them. */
const IMAGES: Readonly<Record<string, string>> = {
  ...{
    png: "image/png",
    jpg: "image/jpeg",
    jpeg: "image/jpeg",
    gif: "image/gif",
    webp: "image/webp",
    avif: "image/avif",
  },
};

export function Files({ id, task }: { id: string; task: TaskDetail }) {
  const [shown, setShown] = useState<ArtifactView>();
  if (task.artifacts.length === 0)
    return (
      <Panel>
        <Empty title="It left no files">
          What a task writes into the folder <code>$OCTOPUS_ARTIFACTS</code> is kept, and stands here.
        </Empty>
      </Panel>
    );
  const columns: Column<ArtifactView>[] = [
    { title: "File", cell: ({ path }) => <bdi>{inertLine(path)}</bdi>, isWide: true },
    { title: "Size", cell: ({ bytes }) => formatSize(bytes), isNumber: true },
    { title: "Attempt", cell: ({ attempt }) => attempt, isNumber: true },
    { title: "SHA-256", cell: ({ sha256 }) => <code>{sha256.slice(0, 12)}</code>, isMinor: true },
    {
      title: "Content",
      cell: (file) => (
        <span className={styles["inline"]}>
          <Button isSmall aria-pressed={shown === file} onClick={() => setShown(shown === file ? undefined : file)}>
            Look<span className="visually-hidden"> at {inertLine(file.path)}</span>
          </Button>
          <a href={hrefOf(id, file)} download={file.path.split("/").at(-1)}>
            Download<span className="visually-hidden"> {inertLine(file.path)}</span>
          </a>
        </span>
      ),
    },
  ];
  return (
    <div className={styles["all"]}>
      <Panel isFlush>
        <Table
          label={`Files of ${id}`}
          columns={columns}
          rows={task.artifacts}
          keyOf={({ attempt, path }) => `${attempt} ${path}`}
        />
      </Panel>
      {shown !== undefined && (
        <Panel title={<bdi>{inertLine(shown.path)}</bdi>}>
          <Preview key={`${shown.attempt} ${shown.path}`} id={id} file={shown} />
        </Panel>
      )}
    </div>
  );
}

function hrefOf(id: string, { path, attempt }: ArtifactView): string {
  const segments = path.split("/").map(encodeURIComponent).join("/");
  return `${address}/api/v1/tasks/${encodeURIComponent(id)}/artifacts/${segments}?attempt=${attempt}`;
}

function Preview({ id, file }: { id: string; file: ArtifactView }) {
  const type = IMAGES[/\.(\w+)$/.exec(file.path.toLowerCase())?.[1] ?? ""];
  const isTooLarge = file.bytes > (type === undefined ? TEXT_BYTES_MAX * 16 : IMAGE_BYTES_MAX);
  const { data, error, refetch } = useQuery({
    queryKey: [...keys.task(id), "file", file.sha256],
    queryFn: () => read(hrefOf(id, file), type === undefined ? TEXT_BYTES_MAX : IMAGE_BYTES_MAX),
    enabled: !isTooLarge,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (isTooLarge) return <Empty title="It is too large to be shown here">Download it to look at it.</Empty>;
  if (error !== null) return <Trouble error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  if (type !== undefined) return <Picture bytes={data} type={type} name={file.path} />;
  const text = decodeBytes(data);
  return (
    <pre className={styles["pre"]} tabIndex={0}>
      {inert(text)}
      {file.bytes > data.length && (
        <span className={styles["faint"]}> … {formatSize(file.bytes - data.length)} more: download it</span>
      )}
    </pre>
  );
}

function Picture({ bytes, type, name }: { bytes: Uint8Array<ArrayBuffer>; type: string; name: string }) {
  const [url, setUrl] = useState<string>();
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  if (isBroken) return <Empty title="This is not the picture that its name promises">Download it to look at it.</Empty>;
  return url === undefined ? null : (
    <img className={styles["image"]} src={url} alt={inertLine(name)} onError={() => setBroken(true)} />
  );
}

/** The beginning of a file, whatever it is. */
async function read(href: string, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(href);
  if (!response.ok || response.body === null)
    throw new OctopusError("not_found", `the file could not be read: the server answered ${response.status}`);
  const parts: Uint8Array[] = [];
  let length = 0;
  // Not every browser takes a stream for something to iterate over.
  const reader = response.body.getReader();
  while (length < max) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  void reader.cancel();
  const bytes = new Uint8Array(Math.min(length, max));
  let at = 0;
  for (const part of parts) {
    bytes.set(part.subarray(0, bytes.length - at), at);
    at += Math.min(part.length, bytes.length - at);
  }
  return bytes;
}
