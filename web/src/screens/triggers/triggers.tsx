/** Triggers: what starts tasks from outside. How each is, what came of it, how it is asked, what an event would start. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { TriggerView } from "@octopus/protocol/trigger.ts";
import { hookLine } from "@octopus/view/hook-line.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { READ_ON_FOCUS } from "../../data/context.tsx";
import { reach } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { Chip } from "../../parts/chips.tsx";
import { CodeLine } from "../../parts/code-line.tsx";
import { ArmLink, RunLink, TaskLink } from "../../parts/links.tsx";
import { LateTrouble } from "../../parts/late-trouble.tsx";
import { Empty, Loading, Remark } from "../../parts/notices.tsx";
import { Facts, Page, Panel } from "../../parts/page.tsx";
import { Ago } from "../../parts/times.tsx";
import { TestTrigger } from "./test-trigger.tsx";
import styles from "./triggers.module.css";

/** What it starts is told by the stream. That it cannot reach its source is not: that is looked for now and then. */
const PULSE_MS = 30_000;

export function Triggers() {
  const { data, error, refetch } = useQuery({
    queryKey: keys.triggers,
    queryFn: () => client.triggers(),
    refetchInterval: PULSE_MS,
    ...READ_ON_FOCUS,
  });
  return (
    <Page title="Triggers" lead="What starts tasks when something happens outside.">
      <LateTrouble error={error} isShown={data !== undefined} retry={() => void refetch()} />
      {data === undefined
        ? error === null && <Loading lines={4} />
        : data.length === 0 && (
            <Panel>
              <Empty title="There are no triggers">
                <p>
                  Webhooks, changed files and lines of a stream can start tasks. Triggers stand in the configuration:
                </p>
                <pre className={styles["example"]}>{EXAMPLE}</pre>
              </Empty>
            </Panel>
          )}
      {data?.map((trigger) => (
        <Trigger key={trigger.name} trigger={trigger} />
      ))}
    </Page>
  );
}

const EXAMPLE = `triggers:
  push:
    webhook: { verify: github }
    secret: a-long-shared-secret
    task: { shell: "make deploy" }`;

function Trigger({ trigger }: { trigger: TriggerView }) {
  const { name, kind, source, starts, arm, when, paused, counts, lastEvent, lastError, waits, hook } = trigger;
  const mayChange = useMay("operator");
  const [isTesting, setTesting] = useState(false);
  const pause = useAction({
    run: () => (paused ? client.resumeTrigger(name) : client.pauseTrigger(name)),
    done: (now) => (now.paused ? `${name} is paused` : `${name} goes on`),
    stale: [keys.triggers],
  });
  return (
    <Panel
      title={
        <span className={styles["title"]}>
          {name}
          <Chip>{kind}</Chip>
          {paused ? (
            <Chip tone="warn">paused</Chip>
          ) : waits === undefined ? (
            <Chip tone="good">on</Chip>
          ) : (
            <Chip tone="wait">waits</Chip>
          )}
        </span>
      }
      actions={
        <>
          <Button isSmall onClick={() => setTesting(true)} aria-label={`Try an event with ${name}`}>
            Try an event
          </Button>
          {mayChange && (
            <Button
              isSmall
              isBusy={pause.isPending}
              onClick={() => pause.run()}
              aria-label={paused ? `Resume ${name}` : `Pause ${name}`}
            >
              {paused ? "Resume" : "Pause"}
            </Button>
          )}
        </>
      }
    >
      <div className={styles["all"]}>
        {waits !== undefined && <Remark tone="wait">It does not go on now: {inertLine(waits)}</Remark>}
        <Facts
          facts={[
            ["Events come from", <code key="source">{inertLine(source)}</code>],
            ["It starts", <code key="starts">{inertLine(starts)}</code>],
            ["Only when", when && <code key="when">{inertLine(when)}</code>],
            ["Arm", arm && (arm.includes("$") ? arm : <ArmLink key="arm" name={arm} />)],
          ]}
        />
        <Counts counts={counts} />
        {lastEvent !== undefined && (
          <p>
            Last event <Ago at={lastEvent.at} /> ({inertLine(lastEvent.id)})
            {lastEvent.task !== undefined && (
              <>
                {" "}
                started <TaskLink id={lastEvent.task} />
              </>
            )}
            {lastEvent.run !== undefined && (
              <>
                {" "}
                started <RunLink id={lastEvent.run} />
              </>
            )}
          </p>
        )}
        {lastError !== undefined && (
          <Remark tone="bad">
            <Ago at={lastError.at} />: {inertLine(lastError.message)}
          </Remark>
        )}
        {hook !== undefined && <Hook hook={hook} />}
      </div>
      {isTesting && <TestTrigger trigger={trigger} onClose={() => setTesting(false)} />}
    </Panel>
  );
}

function Counts({ counts }: Pick<TriggerView, "counts">) {
  const facts = [
    [counts.events, "events", ""],
    [counts.started, "started something", "good"],
    [counts.repeated, "had come before", ""],
    [counts.skipped, "left out by when", ""],
    [counts.failed, "started nothing", "bad"],
    [counts.refused, "refused", "bad"],
  ] as const;
  return (
    <ul className={styles["counts"]} aria-label="Since the server started">
      {facts.map(([count, words, tone]) => (
        <li key={words} className={count > 0 && tone !== "" ? styles[tone] : undefined}>
          <b>{count.toLocaleString("en")}</b> {words}
        </li>
      ))}
    </ul>
  );
}

function Hook({ hook }: { hook: NonNullable<TriggerView["hook"]> }) {
  return (
    <div>
      <p className={styles["hint"]}>Address for the sender</p>
      <CodeLine text={reach(hook.path)} what="the address" />
      <details>
        <summary className={styles["hint"]}>Ask it from a shell as its sender would</summary>
        <CodeLine text={hookLine(reach(hook.path), hook)} what="the command" />
        {hook.verify !== "none" && <p className={styles["hint"]}>The variable SECRET holds the trigger's secret.</p>}
      </details>
    </div>
  );
}
