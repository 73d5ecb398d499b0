/** Every arm in a row, with the means to change it. On a narrow screen a row is a card. */
import { EllipsisVertical, Pause, Play } from "lucide-react";
import type { ArmHistory, HistoryView } from "@octopus/protocol/history.ts";
import type { ArmView } from "@octopus/protocol/views.ts";
import { rulesOf } from "@octopus/view/limits.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { ArmLink } from "../../parts/links.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Panel } from "../../parts/page.tsx";
import { Slots } from "../../parts/slots.tsx";
import { Ago } from "../../parts/times.tsx";
import { useArmActions } from "./arm-actions.tsx";
import styles from "./board.module.css";
import { ArmBadges, Queue, Through, Waits } from "./lane.tsx";
import { LimitStepper } from "./limit-stepper.tsx";

export function Board({ arms, history }: { arms: readonly ArmView[]; history: HistoryView | undefined }) {
  return (
    <Panel isFlush>
      <div className={styles["titles"]} aria-hidden>
        <span>Arm</span>
        <span>Slots</span>
        <span>Limit</span>
        <span>Queue</span>
        <span>Started</span>
        <span>Wait</span>
        <span>Ended</span>
        <span />
      </div>
      <ul aria-label="Arms">
        {arms.map((arm) => (
          <Row key={arm.name} arm={arm} history={history?.arms[arm.name]} stepMs={history?.stepMs ?? 10_000} />
        ))}
      </ul>
    </Panel>
  );
}

function Row({ arm, history, stepMs }: { arm: ArmView; history: ArmHistory | undefined; stepMs: number }) {
  const { name, active, maxParallel, enabled, queued, processed, failed, lastRunAt } = arm;
  const { mayChange, isBusy, toggle, items } = useArmActions(arm);
  const isFull = maxParallel !== undefined && active >= maxParallel && queued > 0;
  const rules = rulesOf(arm);
  return (
    <li className={styles["row"]} aria-label={name}>
      <span className={styles["name"]}>
        <ArmLink name={name} />
        <ArmBadges arm={arm} />
        {rules !== "" && <span className={styles["rules"]}>{rules}</span>}
      </span>
      <span className={styles["slots"]}>
        <Slots used={active} limit={maxParallel} tone={enabled ? (isFull ? "warn" : "busy") : "off"} />
      </span>
      <span className={styles["limit"]}>
        <LimitStepper arm={arm} />
      </span>
      <span className={styles["queue"]}>
        <Queue arm={arm} />
      </span>
      <span className={styles["flow"]}>
        <Through history={history} stepMs={stepMs} />
      </span>
      <span className={styles["wait"]}>
        <Waits history={history} stepMs={stepMs} />
      </span>
      <span className={styles["ended"]}>
        <span>
          {processed.toLocaleString("en")}
          {failed > 0 && <span className={styles["failed"]}> · {failed.toLocaleString("en")} failed</span>}
        </span>
        <span className={styles["rules"]}>{lastRunAt === undefined ? "never ran" : <Ago at={lastRunAt} />}</span>
      </span>
      <span className={styles["deeds"]}>
        {mayChange && (
          <>
            <Button
              isSmall
              isBusy={isBusy}
              icon={enabled ? <Pause aria-hidden /> : <Play aria-hidden />}
              onClick={toggle}
              aria-label={`${enabled ? "Pause" : "Resume"} ${name}`}
            >
              {enabled ? "Pause" : "Resume"}
            </Button>
            <Menu
              label={`More for ${name}`}
              trigger={
                <IconButton label={`More for ${name}`}>
                  <EllipsisVertical aria-hidden />
                </IconButton>
              }
              items={items}
            />
          </>
        )}
      </span>
    </li>
  );
}
