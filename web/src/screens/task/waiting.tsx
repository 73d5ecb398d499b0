/** Why the task is not running: every reason that holds now, where to look, and what would end it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import type { FeedEvent } from "@octopus/protocol/feed.ts";
import type { Explanation, TaskDetail } from "@octopus/protocol/views.ts";
import { helpFor, type Place, type Remedy } from "@octopus/view/explain-links.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { useFeed } from "../../data/context.tsx";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { CodeLine } from "../../parts/code-line.tsx";
import { TextInput } from "../../parts/field.tsx";
import { Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { Ago, Clock } from "../../parts/times.tsx";
import styles from "./task.module.css";

/** What others do changes why a task waits; so often it is asked again at most. */
const SPACING_MS = 1500;

export function Waiting({ id, task }: { id: string; task: TaskDetail }) {
  const { data, error, refetch } = useQuery({ queryKey: keys.explain(id), queryFn: () => client.explain(id) });
  useAskedAgain(id);
  const isOver = data !== undefined && (data.state === "upstream_failed" || data.state === "skipped");
  return (
    <Panel title={isOver ? "Why it did not run" : "Why it is waiting"} isFlush>
      {data === undefined ? (
        error === null ? (
          <Loading />
        ) : (
          <Trouble error={error} retry={() => void refetch()} />
        )
      ) : (
        <>
          {data.reasons.length === 0 && <p className={styles["summary"]}>{inertLine(sentence(data.summary))}</p>}
          <ul>
            {data.reasons.map((reason, i) => (
              <ReasonLine key={`${reason.code} ${i}`} id={id} task={task} reason={reason} />
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

type Reason = Explanation["reasons"][number];

function ReasonLine({ id, task, reason }: { id: string; task: TaskDetail; reason: Reason }) {
  const { link, remedy } = helpFor(reason, task);
  return (
    <li className={styles["reason"]}>
      <span className={styles["reasonWords"]}>
        {inertLine(sentence(reason.message, reason.code))}{" "}
        {reason.until !== undefined && (
          <small>
            {reason.code === "expires" ? "" : "until "}
            <Clock at={reason.until} />, <Ago at={reason.until} />
          </small>
        )}
      </span>
      {link !== undefined && <PlaceLink place={link.to}>{inertLine(link.label)}</PlaceLink>}
      {remedy !== undefined && <RemedyButton id={id} remedy={remedy} />}
    </li>
  );
}

function PlaceLink({ place, children }: { place: Place; children: string }) {
  const { screen, name } = place;
  if (screen === "workers") return <Link to="/workers">{children}</Link>;
  if (name === undefined) return null;
  if (screen === "task")
    return (
      <Link to="/tasks/$id" params={{ id: name }}>
        {children}
      </Link>
    );
  if (screen === "run")
    return (
      <Link to="/runs/$id" params={{ id: name }}>
        {children}
      </Link>
    );
  return (
    <Link to={screen === "arm" ? "/arms/$name" : "/workers/$name"} params={{ name }}>
      {children}
    </Link>
  );
}

function RemedyButton({ id, remedy }: { id: string; remedy: Remedy }) {
  const mayAct = useMay(remedy.kind === "start-now" ? "submitter" : "operator");
  const [isOpen, setOpen] = useState(false);
  const stale = [keys.task(id), keys.arms, keys.workers];
  const act = useAction({ run: () => deedOf(id, remedy), stale });
  switch (remedy.kind) {
    case "command":
      return (
        <>
          <Button isSmall aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {remedy.label}
          </Button>
          {isOpen && (
            <div className={styles["command"]}>
              <CodeLine text={remedy.command} what="the command" />
            </div>
          )}
        </>
      );
    case "raise-limit":
      return mayAct ? <RaiseLimit id={id} arm={remedy.arm} label={remedy.label} /> : null;
    case "approve":
      // The question itself stands above.
      return null;
    case "resume-arm":
    case "resume-worker":
    case "start-now":
      return mayAct ? (
        <Button isSmall isBusy={act.isPending} onClick={() => act.run()}>
          {remedy.label}
        </Button>
      ) : null;
  }
}

async function deedOf(id: string, remedy: Remedy): Promise<unknown> {
  if (remedy.kind === "resume-arm") return client.configureArm(remedy.arm, { enabled: true });
  if (remedy.kind === "resume-worker") return client.resumeWorker(remedy.worker);
  if (remedy.kind === "start-now") return client.moveTask(id, { dueAt: null });
  return undefined;
}

function RaiseLimit({ id, arm, label }: { id: string; arm: string; label: string }) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const { data } = useQuery({ queryKey: keys.arm(arm), queryFn: () => client.arm(arm), enabled: isOpen });
  const act = useAction({
    run: (limit: number) => client.configureArm(arm, { maxParallel: limit }),
    done: (_, limit) => `Arm ${arm} runs ${limit} at once now.`,
    stale: [keys.arms, keys.arm(arm), keys.task(id)],
    onDone: () => setOpen(false),
  });
  const now = data?.maxParallel;
  useEffect(() => {
    if (now !== undefined) setText((before) => (before === "" ? String(now + 1) : before));
  }, [now]);
  if (!isOpen)
    return (
      <Button isSmall onClick={() => setOpen(true)}>
        {label}
      </Button>
    );
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : undefined;
  return (
    <form
      className={styles["inline"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (limit !== undefined) act.run(limit);
      }}
    >
      <TextInput
        label={`Tasks of arm ${arm} at once`}
        isBare
        inputMode="numeric"
        autoFocus
        size={4}
        value={text}
        onChange={setText}
      />
      <Button isSmall kind="main" type="submit" isBusy={act.isPending} disabled={limit === undefined}>
        Set
      </Button>
      {now !== undefined && <span className={styles["faint"]}>now {now}</span>}
    </form>
  );
}

/** Asks again when something happened that may change the answer. */
function useAskedAgain(id: string): void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const heard = useCallback(
    ({ type }: FeedEvent) => {
      if (timer.current !== undefined || !/^(?:task|arm|worker|run|bulk)$/.test(type)) return;
      timer.current = setTimeout(() => {
        timer.current = undefined;
        void queries.invalidateQueries({ queryKey: [...keys.explain(id)] });
      }, SPACING_MS);
    },
    [id, queries],
  );
  useFeed(heard);
  useEffect(() => () => clearTimeout(timer.current), []);
}

/** What begins with the name of a task keeps its letters. */
function sentence(text: string, code = ""): string {
  const first = code === "cause" || code === "cache" ? text.charAt(0) : text.charAt(0).toUpperCase();
  return `${first}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`;
}
