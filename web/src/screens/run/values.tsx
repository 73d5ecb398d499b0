/** What a run was given, and what it left. */
import type { ReactNode } from "react";
import type { Json } from "@octopus/base/words.ts";
import type { RunDetail } from "@octopus/protocol/run-views.ts";
import { inert, inertLine } from "@octopus/view/inert.ts";
import { Copy } from "../../parts/copy.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Facts, Panel } from "../../parts/page.tsx";
import { Clock } from "../../parts/times.tsx";
import styles from "./values.module.css";

export function Values({ run }: { run: RunDetail }) {
  const params = Object.entries(run.params ?? {});
  return (
    <div className={styles["all"]}>
      <Panel
        title="Params"
        actions={params.length > 0 && <Copy what="the params" text={() => textOf(run.params ?? {})} />}
      >
        {params.length === 0 ? (
          <Empty title="It was given none" />
        ) : (
          <dl className={styles["list"]}>
            {params.map(([name, value]) => (
              <div key={name}>
                <dt>{inertLine(name)}</dt>
                <dd>
                  <pre tabIndex={0}>{inert(textOf(value))}</pre>
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Panel>
      <Panel
        title="Result"
        actions={run.result !== undefined && <Copy what="the result" text={() => textOf(run.result!)} />}
      >
        {run.result === undefined ? (
          <Empty title={run.endedAt === undefined ? "Nothing yet" : "It left none"}>
            A workflow says under <code>outputs</code> what its runs leave.
          </Empty>
        ) : (
          <pre className={styles["result"]} tabIndex={0}>
            {inert(textOf(run.result))}
          </pre>
        )}
      </Panel>
      <Panel title="Times and limits">
        <Facts facts={factsOf(run)} />
      </Panel>
    </div>
  );
}

function factsOf(run: RunDetail): [string, ReactNode][] {
  const clock = (at: string | undefined): ReactNode => (at === undefined ? undefined : <Clock at={at} isPrecise />);
  return [
    ["Submitted", clock(run.createdAt)],
    ["Began", clock(run.startedAt)],
    ["Ended", clock(run.endedAt)],
    ["Must end by", clock(run.deadlineAt)],
    ["At once", run.maxParallel === undefined ? undefined : `at most ${run.maxParallel} of its tasks`],
    [
      "Group",
      run.group === undefined
        ? undefined
        : `${inertLine(run.group.name)}: ${run.group.limit} at once, then ${run.group.overlap.replaceAll("_", " ")}`,
    ],
    ["Definition", run.definitionHash === undefined ? undefined : <code>{run.definitionHash.slice(0, 12)}</code>],
  ];
}

function textOf(value: Json | Record<string, Json>): string {
  return typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
}
