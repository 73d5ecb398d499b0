/** The server: what it is, where it is reached, what it takes of its machine; a copy of its database. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatSize } from "@octopus/base/duration.ts";
import { spanText } from "@octopus/view/limits.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { READ_ON_FOCUS } from "../../data/context.tsx";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { wordsOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { TextInput } from "../../parts/field.tsx";
import { LateTrouble } from "../../parts/late-trouble.tsx";
import { Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Facts, Panel } from "../../parts/page.tsx";
import { Ago, Took } from "../../parts/times.tsx";
import { Meter } from "../../parts/meter.tsx";
import styles from "./settings.module.css";

const LOW = 0.1;

export function ServerPanel() {
  const isAdmin = useMay("admin");
  const { data, error, refetch } = useQuery({
    queryKey: keys.server,
    queryFn: () => client.server(),
    ...READ_ON_FOCUS,
  });
  if (data === undefined)
    return error === null ? <Loading lines={5} /> : <Trouble error={error} retry={() => void refetch()} />;
  const { version, node, platform, host, pid, startedAt, urls, fingerprint, isOpen, dataDir, rssBytes, heapBytes } =
    data;
  const disk = data.data;
  const used = disk && disk.diskBytes - disk.diskFreeBytes;
  return (
    <div className={styles["all"]}>
      <LateTrouble error={error} isShown={data !== undefined} retry={() => void refetch()} />
      {isOpen && (
        <Remark tone="warn">
          Nobody needs a token: whoever reaches this server is an admin. Listening to other machines asks for tokens.
        </Remark>
      )}
      {disk !== undefined && disk.diskFreeBytes / disk.diskBytes < LOW && (
        <Remark tone="bad">
          The disk of the data is nearly full: {formatSize(disk.diskFreeBytes)} are left of {formatSize(disk.diskBytes)}
          .
        </Remark>
      )}
      <Panel title="What it is">
        <Facts
          facts={[
            ["Octopus", version],
            ["Up for", <Took key="up" from={startedAt} to={undefined} />],
            ["Since", <Ago key="since" at={startedAt} />],
            ["Node", node],
            ["Machine", `${host}, ${platform}`],
            ["Process", String(pid)],
            ["Addresses", urls.join(", ")],
            ["Fingerprint", fingerprint && <code key="print">{fingerprint}</code>],
          ]}
        />
      </Panel>
      <Panel title="What it takes">
        <Facts
          facts={[
            ["Memory", `${formatSize(rssBytes)}, ${formatSize(heapBytes)} of it objects`],
            ["Processor time", spanText(data.cpuMs)],
            ["Folder of the data", <code key="dir">{dataDir}</code>],
            ["Database", disk && formatSize(disk.databaseBytes)],
            ["Output of tasks", disk && formatSize(disk.logsBytes)],
            [
              "Disk",
              disk && used !== undefined && (
                <Meter
                  key="disk"
                  label={`${formatSize(disk.diskFreeBytes)} free`}
                  text={`${formatSize(disk.diskFreeBytes)} free of ${formatSize(disk.diskBytes)}`}
                  used={used}
                  total={disk.diskBytes}
                  tone={disk.diskFreeBytes / disk.diskBytes < LOW ? "bad" : "accent"}
                />
              ),
            ],
          ]}
        />
      </Panel>
      {isAdmin && disk !== undefined && <Backup />}
    </div>
  );
}

function Backup() {
  const [path, setPath] = useState("");
  const backup = useAction({
    run: (to: string) => client.backup(to),
    done: ({ path: at, bytes }) => `${formatSize(bytes)} were written to ${at}`,
    isQuiet: true,
  });
  return (
    <Panel title="Backup">
      <form
        className={styles["row"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (path.trim() !== "") backup.run(path.trim());
        }}
      >
        <TextInput
          label="File on the server's machine"
          hint="A copy of the database while it is in use; no file is written over"
          placeholder="/backup/octopus.db"
          value={path}
          onChange={(value) => {
            setPath(value);
            backup.reset();
          }}
          error={backup.error === null ? undefined : wordsOf(backup.error)}
        />
        <Button type="submit" isBusy={backup.isPending} disabled={path.trim() === ""}>
          Write backup
        </Button>
      </form>
    </Panel>
  );
}
