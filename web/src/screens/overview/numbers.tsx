/** How much there is of what, each a way to the list of it, and what went through in the last minutes. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { HistoryView } from "@octopus/protocol/history.ts";
import type { Page, StatusView, TaskView } from "@octopus/protocol/views.ts";
import { fromFirst, perMinute, rateWords, sumOf, wholeOf } from "@octopus/view/arm-history.ts";
import { Spark } from "../../parts/spark.tsx";
import styles from "./numbers.module.css";

interface NumbersProps {
  status: StatusView;
  dead: Page<TaskView> | undefined;
  history: HistoryView | undefined;
}

export function Numbers({ status: { counts }, dead, history }: NumbersProps) {
  const waiting = (counts.blocked ?? 0) + (counts.scheduled ?? 0);
  return (
    <ul className={styles["numbers"]} aria-label="Numbers">
      <Flow counts={counts} history={history} />
      <Number name="Waiting" value={waiting} q="state:blocked,scheduled" hint="for needs, or for their time" />
      <Number name="Dead letters" to="/dead" hint="failed, no try left" {...deadWords(dead)} />
    </ul>
  );
}

function deadWords(dead: NumbersProps["dead"]): Pick<NumberProps, "value" | "tone"> {
  if (dead === undefined) return { value: "…" };
  const count = dead.items.length;
  return { value: `${count}${dead.next === undefined ? "" : "+"}`, tone: count > 0 ? "bad" : undefined };
}

/** What moves: it is drawn over the last quarter of an hour. */
function Flow({ counts, history }: Pick<NumbersProps, "history"> & { counts: StatusView["counts"] }) {
  const { started, failed, queued, active } = history === undefined ? NOTHING : wholeOf(history);
  const rate = rateWords(perMinute(started, history?.stepMs ?? 1));
  const lost = sumOf(failed);
  return (
    <>
      <Number name="Running" value={counts.running ?? 0} q="state:running">
        <Spark label="Running of late" values={fromFirst(active)} tone="busy" height={22} />
      </Number>
      <Number name="Queued" value={counts.queued ?? 0} q="state:queued">
        <Spark label="Queued of late" values={fromFirst(queued)} tone="wait" height={22} />
      </Number>
      <Number name="Started" value={rate} q="after:15m">
        <Spark label={`Starts of late, now ${rate}`} values={fromFirst(started)} height={22} />
      </Number>
      <Number name="Failed, last 15 min" value={lost} q="state:failed after:15m" tone={lost > 0 ? "bad" : undefined}>
        <Spark label="Failures of late" values={fromFirst(failed)} tone="bad" height={22} />
      </Number>
    </>
  );
}

const NOTHING = { started: [], failed: [], queued: [], active: [] } as const;

interface NumberProps {
  name: string;
  value: ReactNode;
  q?: string;
  to?: "/dead" | "/tasks";
  hint?: string;
  tone?: "bad" | undefined;
  children?: ReactNode;
}

function Number({ name, value, q, to = "/tasks", hint, tone, children }: NumberProps) {
  const shown = typeof value === "number" ? value.toLocaleString("en") : value;
  return (
    <li>
      <Link to={to} search={(q === undefined ? {} : { q }) as never} className={styles["number"]}>
        <span className={styles["name"]}>{name}</span>
        <span className={`${styles["value"]} ${tone === "bad" ? styles["bad"] : ""}`}>{shown}</span>
        {children}
        {hint !== undefined && <span className={styles["hint"]}>{hint}</span>}
      </Link>
    </li>
  );
}
