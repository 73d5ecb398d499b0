/** What the workflow was before: each of its texts, who ran with it, and what is different between two of them. */
import { useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import type { WorkflowDetail } from "@octopus/protocol/run-views.ts";
import type { WorkflowVersion } from "@octopus/protocol/workflow-views.ts";
import { useChoices } from "../../app/choices.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Diff } from "../../editor/diff.tsx";
import { Button } from "../../parts/button.tsx";
import { Chip } from "../../parts/chips.tsx";
import { Select } from "../../parts/field.tsx";
import { RunLink } from "../../parts/links.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Ago, Clock } from "../../parts/times.tsx";
import { keepDraft } from "./definition/draft.ts";
import styles from "./workflow.module.css";

/** Enough of a hash for people to tell two of them apart. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

export function Versions({ workflow }: { workflow: WorkflowDetail }) {
  const { name, definitionHash } = workflow;
  const { data, error, refetch } = useQuery({
    queryKey: keys.workflow(name, "versions"),
    queryFn: () => client.workflowVersions(name),
  });
  const [from, setFrom] = useSearchText("from");
  const [to, setTo] = useSearchText("to");
  const options = useOptions(data?.items ?? []);
  if (data === undefined)
    return error === null ? <Loading lines={6} /> : <Trouble error={error} retry={() => void refetch()} />;
  const { items, runsLookedAt, more } = data;
  const after = to === "" ? definitionHash : to;
  const before = from === "" ? items.find(({ hash }) => hash !== after)?.hash : from;
  const compare = (hash: string): void => {
    setFrom(hash === definitionHash ? undefined : hash);
    setTo(undefined);
  };
  return (
    <div className={styles["split"]}>
      <Panel title={items.length === 1 ? "1 version" : `${items.length} versions`} isFlush>
        <ul className={styles["versions"]} aria-label="Versions, the newest first">
          {items.map((version) => (
            <Version
              key={version.hash}
              version={version}
              onCompare={version.current || version.hash === before ? undefined : () => compare(version.hash)}
            />
          ))}
        </ul>
        {more && <p className={styles["version"]}>Runs before the newest {runsLookedAt} were not looked at.</p>}
      </Panel>
      {before === undefined ? (
        <Empty title="It was never anything else" icon={<History aria-hidden />}>
          <p>Each time it is saved with another text, what it was before is kept here.</p>
        </Empty>
      ) : (
        <div className={styles["compare"]}>
          <div className={styles["choices"]}>
            <Select label="From" value={before} options={options} onChange={setFrom} />
            <Select
              label="To"
              value={after}
              options={options}
              onChange={(hash) => setTo(hash === definitionHash ? undefined : hash)}
            />
          </div>
          <Comparison name={name} before={before} after={after} current={definitionHash} />
        </div>
      )}
    </div>
  );
}

function useOptions(items: readonly WorkflowVersion[]): { value: string; label: string }[] {
  const { zone } = useChoices();
  const format = new Intl.DateTimeFormat(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
    ...(zone === "utc" && { timeZone: "UTC" }),
  });
  return items.map(({ hash, current, registeredAt, lastRun }) => {
    const when = registeredAt ?? lastRun?.createdAt;
    const time = when === undefined ? "" : `, ${format.format(new Date(when))}`;
    return { value: hash, label: `${shortHash(hash)}${current ? " (now)" : ""}${time}` };
  });
}

function Version({ version, onCompare }: { version: WorkflowVersion; onCompare: (() => void) | undefined }) {
  const { hash, current, registeredAt, runs, lastRun } = version;
  return (
    <li className={styles["version"]}>
      <span className={styles["versionHead"]}>
        <code title={hash}>{shortHash(hash)}</code>
        {current && <Chip tone="good">now</Chip>}
        {registeredAt === undefined ? (
          <span className={styles["minor"]}>run from a file</span>
        ) : (
          <Ago at={registeredAt} />
        )}
        {onCompare !== undefined && (
          <Button isSmall kind="quiet" onClick={onCompare}>
            Compare
          </Button>
        )}
      </span>
      <span className={styles["versionHead"]}>
        {lastRun === undefined ? (
          <span className={styles["minor"]}>no run has begun with it</span>
        ) : (
          <>
            <StateMark state={lastRun.state} />
            <RunLink id={lastRun.id} />
            <span className={styles["minor"]}>
              {runs === 1 ? "its only run" : `the newest of ${runs} runs`}, <Clock at={lastRun.createdAt} />
            </span>
          </>
        )}
      </span>
    </li>
  );
}

function Comparison({
  name,
  before,
  after,
  current,
}: {
  name: string;
  before: string;
  after: string;
  current: string;
}) {
  const [, setTab] = useSearchText("tab");
  const mayWrite = useMay("operator");
  const old = useVersion(name, before);
  const fresh = useVersion(name, after);
  const trouble = old.error ?? fresh.error;
  if (trouble !== null) return <Trouble error={trouble} />;
  if (old.data === undefined || fresh.data === undefined) return <Loading lines={8} />;
  const { definition, files } = old.data;
  const names = new Set([...Object.keys(files ?? {}), ...Object.keys(fresh.data.files ?? {})]);
  const takeBack = (): void => {
    keepDraft(name, { base: current, definition, files: files ?? {} });
    setTab("definition");
  };
  const titles = { beforeTitle: shortHash(before), afterTitle: shortHash(after) };
  return (
    <>
      <Diff
        {...titles}
        language="yaml"
        label={`What is different between ${shortHash(before)} and ${shortHash(after)}`}
        before={definition}
        after={fresh.data.definition}
      />
      {[...names].map((file) => (
        <Diff
          key={file}
          language="yaml"
          label={`What is different in ${file}`}
          beforeTitle={`${titles.beforeTitle} ${file}`}
          afterTitle={`${titles.afterTitle} ${file}`}
          before={files?.[file] ?? ""}
          after={fresh.data.files?.[file] ?? ""}
        />
      ))}
      {mayWrite && before !== current && (
        <div>
          <Button onClick={takeBack}>Edit {shortHash(before)}, to save it again</Button>
        </div>
      )}
    </>
  );
}

/** A version never changes: it is read once. */
function useVersion(name: string, hash: string) {
  return useQuery({
    queryKey: ["version", name, hash],
    queryFn: () => client.workflowVersion(name, hash),
  });
}
