/** What all workers have against what of it is taken: in sums, and worker by worker with a cell for each slot. */
import { Link } from "@tanstack/react-router";
import type { WorkerView } from "@octopus/protocol/worker-views.ts";
import { type Capacity, capacityOf, percent, shareTone, workerState, workerWords } from "@octopus/view/fleet.ts";
import { amountText } from "@octopus/view/workers.ts";
import { Button } from "../../parts/button.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Meter } from "../../parts/meter.tsx";
import styles from "./topology.module.css";

/** Beyond that a bar says as much as cells. */
const CELLS_MAX = 64;
const SHOWN_MAX = 500;

export function Topology({ workers, start }: { workers: readonly WorkerView[]; start(): void }) {
  const there = workers.filter((worker) => !["offline", "lost"].includes(workerState(worker)));
  const sums = capacityOf(workers);
  if (there.length === 0)
    return (
      <Panel>
        <Empty title="No worker is connected">
          <Button kind="main" onClick={start}>
            Start a worker
          </Button>
        </Empty>
      </Panel>
    );
  return (
    <div className={styles["all"]}>
      <Panel title="All of them">
        <ul className={styles["sums"]}>
          {sums.map((sum) => (
            <li key={sum.name}>
              <Sum sum={sum} />
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Worker by worker">
        <ul className={styles["grid"]}>
          {there.slice(0, SHOWN_MAX).map((worker) => (
            <li key={worker.name} className={styles["worker"]}>
              <Node worker={worker} />
            </li>
          ))}
        </ul>
        {there.length > SHOWN_MAX && <p className={styles["small"]}>and {there.length - SHOWN_MAX} more</p>}
      </Panel>
    </div>
  );
}

function Sum({ sum: { name, total, used } }: { sum: Capacity }) {
  const share = total === 0 ? 0 : used / total;
  const free = `${amountText(name, Math.max(0, round(total - used)))} free`;
  return (
    <>
      <p className={styles["sumName"]}>{name}</p>
      <p className={styles["sumValue"]}>
        {amountText(name, round(used))} <span className={styles["of"]}>of {amountText(name, round(total))}</span>
      </p>
      <Meter label={`${name}: ${percent(share)} taken, ${free}`} used={used} total={total} tone={toneOf(share)} />
      <p className={styles["small"]}>{free}</p>
    </>
  );
}

/** That all slots are taken is what they are for: full is not yet trouble here. */
function toneOf(share: number): "accent" | "warn" {
  return shareTone(share) === "bad" ? "warn" : "accent";
}

function Node({ worker }: { worker: WorkerView }) {
  const { name, state, slots, active, resources = {} } = worker;
  return (
    <>
      <p className={styles["name"]}>
        <StateMark state={workerState(worker)} label={workerWords(worker)} />
        <Link to="/workers/$name" params={{ name }}>
          {name}
        </Link>
        <span className={styles["small"]}>
          {active}/{slots}
        </span>
      </p>
      {slots <= CELLS_MAX ? (
        <div className={styles["cells"]} role="img" aria-label={`${active} of ${slots} slots taken`}>
          {Array.from({ length: slots }, (_, i) => (
            <span
              key={i}
              className={i < active ? styles["taken"] : state === "draining" ? styles["shut"] : styles["free"]}
            />
          ))}
        </div>
      ) : (
        <Meter label={`${active} of ${slots} slots taken`} used={active} total={slots} />
      )}
      {Object.entries(resources).map(([kind, { total, used, units }]) =>
        used === 0 && units === undefined ? null : (
          <Meter
            key={kind}
            label={`${kind}: ${amountText(kind, used)} of ${amountText(kind, total)} taken`}
            text={`${kind} ${amountText(kind, used)} of ${amountText(kind, total)}`}
            used={used}
            total={total}
          />
        ),
      )}
    </>
  );
}

function round(amount: number): number {
  return Math.round(amount * 100) / 100;
}
