/** Every worker in a row: how it is, what it runs, what its machine uses. Where there is little room, each is a card. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { EllipsisVertical } from "lucide-react";
import { useMemo, useState } from "react";
import { WORKER_STATES } from "@octopus/base/words.ts";
import type { UsageHistory, WorkerView } from "@octopus/protocol/worker-views.ts";
import { absenceWords, usageShares, workerState, workerWords } from "@octopus/view/fleet.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { useFilterKey, useListKeys } from "../../app/list-keys.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useSession } from "../../data/session.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Chip, ChipToggle } from "../../parts/chips.tsx";
import { TextInput } from "../../parts/field.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago } from "../../parts/times.tsx";
import { Meter } from "../../parts/meter.tsx";
import { UsageSparks } from "./usage-sparks.tsx";
import { useWorkerActions } from "./worker-actions.tsx";
import styles from "./worker-list.module.css";

const SHOWN = 50;
const USAGE_MS = 10_000;
/** Labels that workers find out by themselves tell little in a list. */
const USUAL = /^(os|arch|host|name|python|node|docker|sandbox\..*)$/;
const LABELS_MAX = 4;

export function WorkerList({ workers, start }: { workers: readonly WorkerView[]; start(): void }) {
  const [text, setText] = useSearchText("q");
  const [state, setState] = useSearchText("state");
  const [count, setCount] = useState(SHOWN);
  const found = useMemo(() => matching(workers, text, state), [workers, text, state]);
  const shown = found.slice(0, count);
  const list = useListKeys<HTMLUListElement>();
  useFilterKey();
  const usages = useUsages(shown.map(({ name }) => name));
  if (workers.length === 0)
    return (
      <Panel>
        <Empty title="No worker was ever here">
          <p>Tasks wait until a worker comes that may run them.</p>
          <p>
            <Button kind="main" onClick={start}>
              Start a worker
            </Button>
          </p>
        </Empty>
      </Panel>
    );
  return (
    <div className={styles["all"]}>
      <div className={styles["filters"]}>
        <TextInput
          label="Filter by name, host or label"
          isBare
          type="search"
          placeholder="Name, host, label"
          value={text}
          onChange={setText}
        />
        {WORKER_STATES.map((one) => (
          <ChipToggle key={one} isOn={state === one} onChange={(isOn) => setState(isOn ? one : undefined)}>
            {lookOf(one).label} {workers.filter((worker) => worker.state === one).length}
          </ChipToggle>
        ))}
      </div>
      {found.length === 0 ? (
        <Panel>
          <Empty title="No worker is like that">
            <Button
              onClick={() => {
                setText(undefined);
                setState(undefined);
              }}
            >
              Show all {workers.length}
            </Button>
          </Empty>
        </Panel>
      ) : (
        <ul className={styles["list"]} aria-label="Workers" ref={list.ref} onKeyDown={list.onKeyDown}>
          {shown.map((worker) => (
            <WorkerRow key={worker.name} worker={worker} usage={usages.get(worker.name)} />
          ))}
        </ul>
      )}
      {found.length > shown.length && (
        <Button onClick={() => setCount(count + SHOWN)}>
          Show {Math.min(SHOWN, found.length - shown.length)} more of {found.length}
        </Button>
      )}
    </div>
  );
}

/** In few points, for those that are shown. */
function useUsages(names: readonly string[]): ReadonlyMap<string, UsageHistory> {
  const { data } = useQuery({
    queryKey: keys.usages(names),
    queryFn: () => client.usages({ points: 60, workers: names }),
    enabled: names.length > 0,
    refetchInterval: USAGE_MS,
    placeholderData: (before) => before,
  });
  return useMemo(() => new Map((data ?? []).map((one) => [one.worker, one])), [data]);
}

function matching(workers: readonly WorkerView[], text: string, state: string): WorkerView[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  // What was just lost needs a look; what left may have been gone for days.
  const order: Readonly<Record<string, number>> = { lost: 0, offline: 2 };
  return workers
    .filter((worker) => {
      const labels = Object.entries(worker.labels ?? {}).map(([name, value]) => `${name}=${value}`);
      const said = [worker.name, worker.host, ...labels].join(" ").toLowerCase();
      return (state === "" || worker.state === state) && words.every((word) => said.includes(word));
    })
    .toSorted(
      (a, b) =>
        (order[workerState(a)] ?? 1) - (order[workerState(b)] ?? 1) ||
        a.name.localeCompare(b.name, "en", { numeric: true }),
    );
}

function WorkerRow({ worker, usage }: { worker: WorkerView; usage: UsageHistory | undefined }) {
  const { version } = useSession();
  const actions = useWorkerActions();
  const items = actions.items(worker);
  const { name, slots, active, labels = {}, octopus, host, arms } = worker;
  const absence = absenceWords(worker);
  const said = Object.entries(labels)
    .filter(([label]) => !USUAL.test(label))
    .map(([label, value]) => inertLine(value === "" ? label : `${label}=${value}`));
  return (
    <li className={styles["row"]}>
      <div className={styles["who"]}>
        <StateMark state={workerState(worker)} label={workerWords(worker)} />
        <div>
          <Link to="/workers/$name" params={{ name }} className={styles["name"]} data-row="">
            {name}
          </Link>
          <p className={styles["small"]}>
            {workerWords(worker)}, heard <Ago at={worker.lastSeenAt} />
          </p>
        </div>
      </div>
      <div className={styles["slots"]}>
        <Meter
          label={`${active} of ${slots} slots taken`}
          used={active}
          total={slots}
          text={`${active}/${slots} slots`}
        />
      </div>
      <div className={styles["usage"]}>
        {absence !== undefined ? (
          <p className={styles["small"]}>{inertLine(absence)}</p>
        ) : (
          <UsageSparks shares={usageShares(worker.usage)} history={usage} />
        )}
      </div>
      <div className={styles["about"]}>
        <p className={styles["small"]}>
          {inertLine(host)}
          {octopus !== version && (
            <>
              {" "}
              · Octopus {octopus}, the server has {version}
            </>
          )}
        </p>
        <p className={styles["chips"]}>
          {arms !== undefined && <Chip>only {arms.join(", ")}</Chip>}
          {said.slice(0, LABELS_MAX).map((label) => (
            <Chip key={label} title={label}>
              {label}
            </Chip>
          ))}
          {said.length > LABELS_MAX && (
            <Chip title={said.slice(LABELS_MAX).join("\n")}>{said.length - LABELS_MAX} more</Chip>
          )}
        </p>
      </div>
      <span className={styles["menu"]}>
        {items.length > 0 && (
          <Menu
            label={`What can be done to ${name}`}
            items={items}
            trigger={
              <IconButton label={`Actions for ${name}`}>
                <EllipsisVertical aria-hidden />
              </IconButton>
            }
          />
        )}
      </span>
    </li>
  );
}
