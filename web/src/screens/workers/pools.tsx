/** Pools: how many workers each has and should have, and why. */
import type { PoolView } from "@octopus/protocol/worker-views.ts";
import { poolWords } from "@octopus/view/fleet.ts";
import { spanText } from "@octopus/view/limits.ts";
import { Chip } from "../../parts/chips.tsx";
import { Empty, Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Facts, Panel } from "../../parts/page.tsx";
import { Ago } from "../../parts/times.tsx";
import { Meter } from "../../parts/meter.tsx";
import styles from "./pools.module.css";

export function Pools({
  pools,
  error,
  retry,
}: {
  pools: readonly PoolView[] | undefined;
  error: unknown;
  retry(): void;
}) {
  if (pools === undefined) return error === null ? <Loading /> : <Trouble error={error} retry={retry} />;
  if (pools.length === 0)
    return (
      <Panel>
        <Empty title="There are no pools">
          <p>
            A pool starts workers when tasks wait, and ends them when there is nothing to do. Pools stand in the
            configuration:
          </p>
          <pre className={styles["example"]}>{EXAMPLE}</pre>
        </Empty>
      </Panel>
    );
  return (
    <ul className={styles["list"]}>
      {pools.map((pool) => (
        <li key={pool.name}>
          <Pool pool={pool} />
        </li>
      ))}
    </ul>
  );
}

const EXAMPLE = `pools:
  local:
    labels: { pool: local }
    max: 4
    scaleUp: exec octopus worker`;

function Pool({ pool }: { pool: PoolView }) {
  const { name, labels, workers, desired, min, max, busy, slots, backlog, backlogSeconds, reason, lastError } = pool;
  return (
    <Panel
      title={name}
      actions={Object.entries(labels).map(([label, value]) => (
        <Chip key={label}>{`${label}=${value}`}</Chip>
      ))}
    >
      <div className={styles["pool"]}>
        <div className={styles["numbers"]}>
          <p className={styles["big"]}>{poolWords(pool)}</p>
          <Meter label={`${workers} workers, at most ${max}`} used={workers} total={Math.max(max, desired)} />
          <p className={styles["why"]}>{reason}</p>
        </div>
        {lastError !== undefined && <Remark tone="bad">{lastError}</Remark>}
        <Facts
          facts={[
            ["At least, at most", `${min} to ${max}`],
            ["At work", `${busy} of ${workers}, ${slots} slots`],
            [
              "Waiting for it",
              backlog === 0 ? "nothing" : `${backlog} tasks, ${spanText(backlogSeconds * 1000)} of work`,
            ],
            ["Changed", pool.lastScaledAt && <Ago key="at" at={pool.lastScaledAt} />],
          ]}
        />
      </div>
    </Panel>
  );
}
