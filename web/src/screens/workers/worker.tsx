/** One worker: how it is, what runs there, what its machine used, what it can do, which plugins it has. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { EllipsisVertical } from "lucide-react";
import { formatSize } from "@octopus/base/duration.ts";
import type { WorkerDetail } from "@octopus/protocol/worker-views.ts";
import { absenceWords, usageShares, workerState, workerWords } from "@octopus/view/fleet.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { amountText } from "@octopus/view/workers.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useSession } from "../../data/session.ts";
import { Absent } from "../../parts/absent.tsx";
import { Button, ButtonLink, IconButton } from "../../parts/button.tsx";
import { Chip } from "../../parts/chips.tsx";
import { ArmLink } from "../../parts/links.tsx";
import { Menu } from "../../parts/menu.tsx";
import { Remark } from "../../parts/notices.tsx";
import { Facts, Page, Panel } from "../../parts/page.tsx";
import { StateBadge } from "../../parts/state-mark.tsx";
import { Ago } from "../../parts/times.tsx";
import { Meter } from "../../parts/meter.tsx";
import { UsagePanel } from "./usage-panel.tsx";
import { useWorkerActions } from "./worker-actions.tsx";
import { WorkerAttempts } from "./worker-attempts.tsx";
import { WorkerTasks } from "./worker-tasks.tsx";
import { WorkerPlugins } from "./worker-plugins.tsx";
import styles from "./worker.module.css";

/** What it does is told by the stream; when it was last heard of, and what it uses, is not. */
const PULSE_MS = 15_000;

export function WorkerPage() {
  const { name } = useParams({ from: "/workers/$name" });
  const { data, error, refetch } = useQuery({
    queryKey: keys.worker(name),
    queryFn: () => client.worker(name),
    refetchInterval: PULSE_MS,
  });
  const above = <Link to="/workers">Workers</Link>;
  if (data === undefined)
    return (
      <Absent name={name} above={above} kind="worker" error={error} retry={() => void refetch()}>
        <p>None of this name was ever here, or it was forgotten.</p>
        <ButtonLink to="/workers">All workers</ButtonLink>
      </Absent>
    );
  return <Worker worker={data} above={above} />;
}

function Worker({ worker, above }: { worker: WorkerDetail; above: React.ReactNode }) {
  const navigate = useNavigate();
  const { version } = useSession();
  const actions = useWorkerActions(() => void navigate({ to: "/workers" }));
  const items = actions.items(worker).filter(({ label }) => label === "Forget");
  const { name, state, octopus } = worker;
  const absence = absenceWords(worker);
  return (
    <Page
      title={name}
      above={above}
      heading={
        <>
          {name}
          <StateBadge state={workerState(worker)} label={workerWords(worker)} />
        </>
      }
      lead={
        <>
          heard <Ago at={worker.lastSeenAt} />
          {worker.connectedAt !== undefined && state !== "offline" && (
            <>
              , connected <Ago at={worker.connectedAt} />
            </>
          )}
        </>
      }
      actions={
        <>
          {actions.mayDrain && (
            <Button isBusy={actions.isPending} onClick={() => actions.toggle(worker)}>
              {actions.isDrained(worker) ? "Resume" : "Drain"}
            </Button>
          )}
          {items.length > 0 && (
            <Menu
              items={items}
              label="More"
              trigger={
                <IconButton label="More">
                  <EllipsisVertical aria-hidden />
                </IconButton>
              }
            />
          )}
        </>
      }
    >
      {absence !== undefined && <Remark tone="bad">{inertLine(absence)}</Remark>}
      {worker.held === true && state !== "offline" && (
        <Remark tone="warn">
          It is drained: it {worker.active === 0 ? "runs nothing" : `ends what it runs (${worker.active})`} and takes
          nothing new, also after it came back, until somebody resumes it.
        </Remark>
      )}
      {octopus !== version && state !== "offline" && (
        <Remark tone="warn">
          It has Octopus {octopus}, the server has {version}.
        </Remark>
      )}
      <WorkerAttempts worker={worker} />
      <WorkerTasks name={name} />
      <UsagePanel name={name} shares={usageShares(worker.usage)} />
      <Panel title="What it is">
        <About worker={worker} />
      </Panel>
      <WorkerPlugins name={name} />
    </Page>
  );
}

function About({ worker }: { worker: WorkerDetail }) {
  const { slots, active, kinds, functions, arms, labels = {}, host, address, pid, octopus, link, keys: own } = worker;
  return (
    <div className={styles["about"]}>
      <Facts
        facts={[
          [
            "Slots",
            <Meter
              key="slots"
              label={`${active} of ${slots} taken`}
              text={`${active} of ${slots} taken`}
              used={active}
              total={slots}
            />,
          ],
          ["Host", inertLine(host)],
          ["Address", address],
          ["Process", String(pid)],
          ["Octopus", link === undefined ? octopus : `${octopus}, link ${link}`],
          ["Memory of the worker", worker.rssBytes === undefined ? undefined : formatSize(worker.rssBytes)],
          ["Load", worker.usage?.load?.toFixed(2)],
        ]}
      />
      {worker.resources !== undefined && (
        <Facts
          facts={Object.entries(worker.resources).map(([kind, { total, used, units }]) => {
            const text = `${amountText(kind, used)} of ${amountText(kind, total)}${units === undefined ? "" : ` (${units.join(", ")})`}`;
            return [
              kind,
              <Meter key={kind} label={`${kind}: ${text} taken`} text={text} used={used} total={total} />,
            ] as const;
          })}
        />
      )}
      <Words title="Kinds of work" words={kinds} />
      {arms !== undefined && (
        <div>
          <p className={styles["label"]}>Only these arms</p>
          <p className={styles["chips"]}>
            {arms.map((arm) => (
              <ArmLink key={arm} name={arm} />
            ))}
          </p>
        </div>
      )}
      <Words
        title="Labels"
        words={Object.entries(labels).map(([label, value]) => (value === "" ? label : `${label}=${value}`))}
      />
      <Words title="Functions" words={functions} />
      {own.length > 0 && (
        <div>
          <p className={styles["label"]}>Keys that it may have</p>
          {own.map(({ key, fingerprint, since }) => (
            <p key={key} className={styles["key"]}>
              <code>{fingerprint ?? key}</code> since <Ago at={since} />
            </p>
          ))}
        </div>
      )}
    </div>
  );
}

function Words({ title, words }: { title: string; words: readonly string[] }) {
  if (words.length === 0) return null;
  return (
    <div>
      <p className={styles["label"]}>{title}</p>
      <p className={styles["chips"]}>
        {words.map((word) => (
          <Chip key={word}>{inertLine(word)}</Chip>
        ))}
      </p>
    </div>
  );
}
