/** Logs of several tasks beside one another; to choose from, what runs and what ran last. */
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useMemo, useState } from "react";
import { isEnded } from "@octopus/base/words.ts";
import type { TaskView } from "@octopus/protocol/views.ts";
import { clip, inertLine } from "@octopus/view/inert.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { LogView } from "../../logs/log-view.tsx";
import { Button, IconButton } from "../../parts/button.tsx";
import { TextInput } from "../../parts/field.tsx";
import { TaskLink } from "../../parts/links.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./logs.module.css";

const OPEN_MAX = 4;
const RUNNING = 100;
const RECENT = 50;

export function Logs() {
  const [text, setText] = useSearchText("tasks");
  const open = useMemo(() => [...new Set(text.split(",").filter(Boolean))].slice(0, OPEN_MAX), [text]);
  const [isChoosing, setChoosing] = useState(false);
  const change = (ids: readonly string[]): void => {
    setText(ids.length === 0 ? undefined : ids.join(","), { push: true });
    setChoosing(false);
  };
  const showsList = open.length === 0 || isChoosing;
  return (
    <Page
      title="Logs"
      lead={
        open.length === 0 ? "What tasks print, as they print it. Choose up to four to stand side by side." : undefined
      }
      isFull={!showsList}
      actions={
        open.length > 0 &&
        open.length < OPEN_MAX && (
          <Button icon={<Plus aria-hidden />} aria-expanded={isChoosing} onClick={() => setChoosing(!isChoosing)}>
            Add a log
          </Button>
        )
      }
    >
      {showsList && <Choose open={open} onChoose={(id) => change([...open, id])} />}
      {open.length > 0 && (
        <div className={styles["tails"]} data-count={open.length}>
          {open.map((id) => (
            <Tail
              key={id}
              id={id}
              isAlone={open.length === 1}
              onClose={() => change(open.filter((one) => one !== id))}
            />
          ))}
        </div>
      )}
    </Page>
  );
}

function Tail({ id, isAlone, onClose }: { id: string; isAlone: boolean; onClose(): void }) {
  const { data, error, refetch } = useQuery({ queryKey: keys.task(id), queryFn: () => client.task(id) });
  const close = (
    <IconButton label={`Close the log of ${inertLine(id)}`} onClick={onClose}>
      <X aria-hidden />
    </IconButton>
  );
  return (
    <section className={styles["tail"]} aria-label={`Log of ${inertLine(id)}`}>
      <header className={styles["head"]}>
        {data !== undefined && <StateMark state={data.state} />}
        <TaskLink id={id} />
        <bdi className={styles["name"]}>{data === undefined ? "" : inertLine(clip(titleOf(data), 200).text)}</bdi>
        {close}
      </header>
      {data !== undefined ? (
        <LogView id={id} attempts={data.attempt} isLive={!isEnded(data.state)} name={inertLine(id)} ownsUrl={isAlone} />
      ) : error === null ? (
        <Loading />
      ) : (
        <Trouble error={error} retry={() => void refetch()} />
      )}
    </section>
  );
}

function Choose({ open, onChoose }: { open: readonly string[]; onChoose(id: string): void }) {
  const [q, setQ] = useState("");
  const wanted = q.trim() === "" ? {} : { q: q.trim() };
  const running = { state: ["running" as const], limit: RUNNING, ...wanted };
  const ended = { state: ["failed" as const, "succeeded" as const, "cancelled" as const], limit: RECENT, ...wanted };
  const now = useQuery({ queryKey: keys.tasks(running), queryFn: () => client.tasks(running) });
  const past = useQuery({ queryKey: keys.tasks(ended), queryFn: () => client.tasks(ended) });
  const error = now.error ?? past.error;
  return (
    <div className={styles["choose"]}>
      <TextInput
        label="Tasks whose id, name or type holds this"
        isBare
        placeholder="Id, name or type"
        value={q}
        onChange={setQ}
        type="search"
      />
      {error !== null && <Trouble error={error} retry={() => void Promise.all([now.refetch(), past.refetch()])} />}
      <List title="Running" tasks={now.data?.items} open={open} onChoose={onChoose} empty="Nothing runs right now." />
      <List
        title="Ended last"
        tasks={past.data?.items}
        open={open}
        onChoose={onChoose}
        empty="Nothing has ended yet."
      />
    </div>
  );
}

interface ListProps {
  title: string;
  tasks: readonly TaskView[] | undefined;
  open: readonly string[];
  onChoose(id: string): void;
  empty: string;
}

function List({ title, tasks, open, onChoose, empty }: ListProps) {
  const shown = tasks?.filter(
    ({ kind, id }) => kind !== "each" && kind !== "workflow" && kind !== "approval" && !open.includes(id),
  );
  return (
    <section className={styles["list"]} aria-label={title}>
      <h2 className={styles["title"]}>{title}</h2>
      {shown === undefined ? (
        <Loading />
      ) : shown.length === 0 ? (
        <Empty title={empty} />
      ) : (
        <ul>
          {shown.map((task) => (
            <li key={task.id}>
              <button type="button" className={styles["item"]} onClick={() => onChoose(task.id)}>
                <StateMark state={task.state} />
                <code>{task.id}</code>
                <bdi className={styles["name"]}>{inertLine(clip(titleOf(task), 200).text)}</bdi>
                <span className={styles["faint"]}>{task.worker}</span>
                <span className={styles["faint"]}>
                  <Ago at={task.endedAt ?? task.startedAt} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
