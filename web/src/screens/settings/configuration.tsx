/** Every setting of the server as it counts, and where it was said. */
import { useQuery } from "@tanstack/react-query";
import { inertLine } from "@octopus/view/inert.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { ChipToggle, Chip } from "../../parts/chips.tsx";
import { TextInput } from "../../parts/field.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import styles from "./settings.module.css";

type Setting = Awaited<ReturnType<typeof client.settings>>[number];

const isPreset = ({ origin }: Setting): boolean => origin === "default";

const COLUMNS: readonly Column<Setting>[] = [
  { title: "Setting", cell: ({ key }) => <code>{key}</code> },
  { title: "Value", cell: ({ value }) => <span className={styles["value"]}>{textOf(value)}</span>, isWide: true },
  {
    title: "Said in",
    cell: (setting) => <Chip tone={isPreset(setting) ? "off" : "busy"}>{inertLine(setting.origin)}</Chip>,
  },
];

export function Configuration() {
  const [text, setText] = useSearchText("q");
  const [said, setSaid] = useSearchText("said");
  const { data, error, refetch } = useQuery({ queryKey: keys.settings, queryFn: () => client.settings() });
  if (data === undefined)
    return error === null ? <Loading lines={6} /> : <Trouble error={error} retry={() => void refetch()} />;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = data.filter((setting) => {
    const line = `${setting.key} ${textOf(setting.value)} ${setting.origin}`.toLowerCase();
    return (said === "" || !isPreset(setting)) && words.every((word) => line.includes(word));
  });
  return (
    <div className={styles["all"]}>
      <div className={styles["filters"]}>
        <TextInput label="Filter" isBare type="search" placeholder="Setting, value" value={text} onChange={setText} />
        <ChipToggle isOn={said !== ""} onChange={(isOn) => setSaid(isOn ? "1" : undefined)}>
          set by somebody {data.filter((setting) => !isPreset(setting)).length}
        </ChipToggle>
      </div>
      <Panel isFlush>
        {found.length === 0 ? (
          <Empty title="No setting is like that" />
        ) : (
          <Table label="Settings" columns={COLUMNS} rows={found} keyOf={({ key }) => key} />
        )}
      </Panel>
      <p className={styles["hint"]}>
        They stand in octopus.yaml, in variables OCTOPUS_… and in options of the command; a change takes effect when the
        server starts again. Secrets are not shown.
      </p>
    </div>
  );
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return inertLine(typeof value === "string" ? value : JSON.stringify(value));
}
