/** One arm: how full it is, who holds its slots, who waits, what went through it over time, and its settings. */
import { useQuery } from "@tanstack/react-query";
import { EllipsisVertical, Pause, Pencil, Play } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "@tanstack/react-router";
import { OctopusError } from "@octopus/base/errors.ts";
import type { ArmDetail } from "@octopus/protocol/views.ts";
import { rateText, spanText } from "@octopus/view/limits.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Apart } from "../../parts/boundary.tsx";
import { Button, ButtonLink, IconButton } from "../../parts/button.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Facts, Page, Panel } from "../../parts/page.tsx";
import { Slots } from "../../parts/slots.tsx";
import { Ago } from "../../parts/times.tsx";
import { useArmActions } from "./arm-actions.tsx";
import { ArmCharts } from "./arm-charts.tsx";
import { ArmEditor } from "./arm-editor.tsx";
import styles from "./arm.module.css";
import { Holders, QueuedTasks } from "./arm-tasks.tsx";
import { ArmBadges, Queue } from "./lane.tsx";
import { LimitStepper } from "./limit-stepper.tsx";

const above = <Link to="/arms">Arms</Link>;

export function ArmPage() {
  const { name } = useParams({ from: "/arms/$name" });
  const {
    data: arm,
    error,
    refetch,
  } = useQuery({ queryKey: keys.arm(name), queryFn: () => client.arm(name), refetchInterval: 30_000 });
  if (arm !== undefined && error === null) return <Known arm={arm} />;
  if (error === null) {
    return (
      <Page title={name} above={above}>
        <Loading lines={6} />
      </Page>
    );
  }
  const isGone = error instanceof OctopusError && error.code === "not_found";
  return (
    <Page title={name} above={above}>
      {isGone ? (
        <Empty title={`There is no arm ${name}`}>
          <p>It was removed, or never was. Tasks that name it are refused.</p>
          <ButtonLink to="/arms">All arms</ButtonLink>
        </Empty>
      ) : (
        <>
          <Trouble error={error} retry={() => void refetch()} />
          {arm !== undefined && <Body arm={arm} />}
        </>
      )}
    </Page>
  );
}

function Known({ arm }: { arm: ArmDetail }) {
  const { name, enabled } = arm;
  const { mayChange, isBusy, toggle, items } = useArmActions(arm);
  const [isEdited, setEdited] = useState(false);
  const actions = mayChange && (
    <>
      <Button icon={enabled ? <Pause aria-hidden /> : <Play aria-hidden />} isBusy={isBusy} onClick={toggle}>
        {enabled ? "Pause" : "Resume"}
      </Button>
      <Button icon={<Pencil aria-hidden />} onClick={() => setEdited(true)}>
        Settings
      </Button>
      <Menu
        label={`More for ${name}`}
        trigger={
          <IconButton label="More">
            <EllipsisVertical aria-hidden />
          </IconButton>
        }
        items={items}
      />
    </>
  );
  return (
    <Page
      title={name}
      above={above}
      heading={
        <>
          {name}
          <ArmBadges arm={arm} />
        </>
      }
      actions={actions}
    >
      <Body arm={arm} />
      {isEdited && <ArmEditor arm={arm} onClose={() => setEdited(false)} />}
    </Page>
  );
}

function Body({ arm }: { arm: ArmDetail }) {
  const { name, active, maxParallel, enabled, queued } = arm;
  const isFull = maxParallel !== undefined && active >= maxParallel && queued > 0;
  return (
    <Apart>
      <Panel>
        <div className={styles["now"]}>
          <div className={styles["slots"]}>
            <span className={styles["label"]}>Slots</span>
            <Slots used={active} limit={maxParallel} tone={enabled ? (isFull ? "warn" : "busy") : "off"} />
          </div>
          <div>
            <span className={styles["label"]}>Most at once</span>
            <LimitStepper arm={arm} />
          </div>
          <div>
            <span className={styles["label"]}>Queue</span>
            <span className={styles["queue"]}>
              <Queue arm={arm} />
            </span>
          </div>
          <div>
            <span className={styles["label"]}>Last start</span>
            {arm.lastRunAt === undefined ? "never" : <Ago at={arm.lastRunAt} />}
          </div>
        </div>
      </Panel>
      <ArmCharts name={name} />
      <div className={styles["columns"]}>
        <Holders arm={arm} />
        <QueuedTasks arm={arm} />
      </div>
      <Settings arm={arm} />
    </Apart>
  );
}

function Settings({ arm }: { arm: ArmDetail }) {
  const { weight, rate, maxQueued, agingMs, timeoutMs, retries, handler, types, processed, failed, waiting } = arm;
  return (
    <Panel title="Settings and sums">
      <Facts
        facts={[
          ["Weight", String(weight)],
          ["Rate", rate === undefined ? "no limit" : `${rateText(rate)} starts`],
          ["Queue at most", maxQueued === undefined ? "no limit" : maxQueued.toLocaleString("en")],
          ["Aging", agingMs === 0 ? "off: strict priorities" : `one priority each ${spanText(agingMs)}`],
          ["Timeout", timeoutMs === undefined ? "as the tasks say" : spanText(timeoutMs)],
          ["Retries", retries === undefined ? "as the tasks say" : String(retries)],
          ["Function", handler],
          ["Types", types.length === 0 ? "none come by their type" : types.join(", ")],
          ["Blocked and scheduled", waiting.toLocaleString("en")],
          ["Attempts ended", processed.toLocaleString("en")],
          ["Failed", failed.toLocaleString("en")],
        ]}
      />
    </Panel>
  );
}
