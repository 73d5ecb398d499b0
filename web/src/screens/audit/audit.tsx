/** Who did what, and who was refused: the newest first, page after page, by filters that stand in the URL. */
import { Link, useNavigate } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import type { AuditView } from "@octopus/protocol/access.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useFilterKey } from "../../app/list-keys.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { useAfterEvents } from "../../data/context.tsx";
import { keys } from "../../data/keys.ts";
import { useKeyset } from "../../data/keyset.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { ChipToggle } from "../../parts/chips.tsx";
import { Select, TextInput } from "../../parts/field.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Page, Panel } from "../../parts/page.tsx";
import { type RowColumn, Rows } from "../../parts/rows.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./audit.module.css";

/** Deeds are written down a moment after what they change was told. */
const LATE_MS = 2000;
/** Refusals change nothing, and so nothing tells of them. */
const PULSE_MS = 60_000;
const SPANS = [
  { value: "", label: "Any time" },
  { value: "1h", label: "Last hour" },
  { value: "24h", label: "Last day" },
  { value: "7d", label: "Last week" },
  { value: "30d", label: "Last month" },
] as const;
const SPAN_MS: Readonly<Record<string, number>> = {
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
};
const OUTCOMES = ["done", "refused", "failed"] as const;
const MARKS = { done: "succeeded", refused: "refused", failed: "failed" } as const;

const COLUMNS: readonly RowColumn<AuditView>[] = [
  { title: "When", width: "7rem", cell: ({ at }) => <Ago at={at} /> },
  { title: "Who", width: "minmax(5rem, 0.6fr)", cell: ({ who }) => inertLine(who) },
  { title: "What", width: "minmax(12rem, 1fr)", cell: (entry) => <What entry={entry} /> },
  { title: "Subject", width: "minmax(6rem, 0.8fr)", cell: (entry) => <Subject entry={entry} /> },
  {
    title: "Detail",
    width: "minmax(8rem, 2fr)",
    cell: ({ detail = "" }) => <span title={inertLine(detail)}>{inertLine(detail)}</span>,
  },
  { title: "From", width: "8rem", from: 1000, cell: ({ address }) => inertLine(address ?? "") },
];

export function Audit() {
  const mayRead = useMay("admin");
  const [who, setWho] = useSearchText("who");
  const [action, setAction] = useSearchText("action");
  const [outcome, setOutcome] = useSearchText("outcome");
  const [span, setSpan] = useSearchText("span");
  const filter = useDeferredValue(JSON.stringify({ who: who.trim(), action: action.trim(), outcome, span }));
  const view = useKeyset<AuditView>({
    key: keys.audit({ filter }),
    idOf,
    read: (cursor, limit) => read(filter, cursor, limit),
    everyMs: PULSE_MS,
    isOff: !mayRead,
  });
  useAfterEvents(LATE_MS, view.retry);
  const navigate = useNavigate();
  useFilterKey();
  const isFiltered = who !== "" || action !== "" || outcome !== "" || span !== "";
  const clear = (): void => {
    for (const set of [setWho, setAction, setOutcome, setSpan]) set(undefined);
  };
  return (
    <Page title="Audit" isFull lead="Who did what, and what was refused.">
      {!mayRead ? (
        <Panel>
          <Empty title="Only an admin reads the audit log">Sign in with a token of role admin.</Empty>
        </Panel>
      ) : (
        <>
          <div className={styles["filters"]}>
            <TextInput
              label="Who"
              isBare
              type="search"
              placeholder="Who: a token, local"
              value={who}
              onChange={setWho}
            />
            <TextInput
              label="Action"
              isBare
              type="search"
              placeholder="What: token, task.cancel"
              value={action}
              onChange={setAction}
            />
            <Select label="Time" isBare options={SPANS} value={span} onChange={setSpan} />
            {OUTCOMES.map((one) => (
              <ChipToggle key={one} isOn={outcome === one} onChange={(isOn) => setOutcome(isOn ? one : undefined)}>
                {one}
              </ChipToggle>
            ))}
          </div>
          <Rows
            label="Audit log"
            view={view}
            columns={COLUMNS}
            card={(entry) => <Card entry={entry} />}
            cardHeight={60}
            open={(entry) => {
              const to = pageOf(entry);
              if (to !== undefined) void navigate({ to: to as "/" });
            }}
            empty={
              isFiltered ? (
                <Empty title="Nothing like that was noted">
                  <Button onClick={clear}>Show everything</Button>
                </Empty>
              ) : (
                <Empty title="Nothing was noted yet">What changes something or is refused is noted here.</Empty>
              )
            }
          />
        </>
      )}
    </Page>
  );
}

function What({ entry: { action, outcome, times } }: { entry: AuditView }) {
  return (
    <span className={styles["what"]}>
      <StateMark state={MARKS[outcome]} label={outcome} />
      <code>{inertLine(action)}</code>
      {times > 1 && <span className={styles["hint"]}>{times.toLocaleString("en")} times</span>}
    </span>
  );
}

function Card({ entry }: { entry: AuditView }) {
  return (
    <div className={styles["card"]}>
      <div className={styles["line"]}>
        <What entry={entry} />
        <span className={styles["hint"]}>
          <Ago at={entry.at} />
        </span>
      </div>
      <div className={styles["line"]}>
        <span>{inertLine(entry.who)}</span>
        <Subject entry={entry} />
        <span className={styles["cut"]}>{inertLine(entry.detail ?? "")}</span>
      </div>
    </div>
  );
}

/** Leads to what it was done to. */
function Subject({ entry }: { entry: AuditView }) {
  const to = pageOf(entry);
  const text = inertLine(entry.subject ?? "");
  return to === undefined ? <>{text}</> : <Link to={to as "/"}>{text}</Link>;
}

const PAGES: Readonly<Record<string, string>> = {
  ...{ task: "/tasks", run: "/runs", arm: "/arms", worker: "/workers", schedule: "/schedules", plugin: "/plugins" },
  workflow: "/workflows",
};

/** As far as that has a page and may still be there. */
function pageOf({ action, subject = "" }: AuditView): string | undefined {
  const place = PAGES[action.split(".")[0] ?? ""];
  if (place === undefined || subject === "" || action.endsWith(".delete") || /[\s,]/.test(subject)) return undefined;
  return `${place}/${encodeURIComponent(subject)}`;
}

/** Each server of a cluster counts its own. */
function idOf({ id, server }: AuditView): string {
  return server === undefined ? String(id) : `${server}/${id}`;
}

function read(filter: string, cursor: string | undefined, limit: number) {
  const { who, action, outcome, span } = JSON.parse(filter) as Record<string, string>;
  const ms = SPAN_MS[span ?? ""];
  return client.audit({
    limit,
    ...(who && { who }),
    ...(action && { action }),
    ...(outcome && { outcome: outcome as AuditView["outcome"] }),
    ...(ms !== undefined && { from: Date.now() - ms }),
    ...(cursor !== undefined && { cursor }),
  });
}
