/** Schedules: when each is due, in words and in times, what became of its newest ticks; and calendars of days off. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { EllipsisVertical, Plus } from "lucide-react";
import { useMemo } from "react";
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { targetText, whenText } from "@octopus/view/schedules.ts";
import { useFilterKey, useListKeys } from "../../app/list-keys.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Chip, ChipToggle } from "../../parts/chips.tsx";
import { TextInput } from "../../parts/field.tsx";
import { Menu } from "../../parts/menu.tsx";
import { LateTrouble } from "../../parts/late-trouble.tsx";
import { useMore } from "../../parts/more.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Page, Panel } from "../../parts/page.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Ago, Clock } from "../../parts/times.tsx";
import { Calendars } from "./calendars.tsx";
import { ResultStrip } from "./result-strip.tsx";
import { useScheduleActions } from "./schedule-actions.tsx";
import { ScheduleEditor } from "./schedule-editor.tsx";
import styles from "./schedules.module.css";

const RESULTS = 12;

export function Schedules() {
  const [isNew, setNew] = useSearchText("new");
  const [workflow, setWorkflow] = useSearchText("workflow");
  const mayChange = useMay("operator");
  const { data, error, refetch } = useQuery({
    queryKey: keys.scheduleList,
    queryFn: () => client.schedules(RESULTS),
  });
  const add = () => setNew("1");
  return (
    <Page
      title="Schedules"
      lead={data && data.length > 0 && leadOf(data)}
      actions={
        mayChange && (
          <Button kind="main" icon={<Plus aria-hidden />} onClick={add}>
            New schedule
          </Button>
        )
      }
    >
      <Tabs
        label="Schedules and calendars"
        tabs={[
          {
            id: "list",
            label: "Schedules",
            content:
              data !== undefined ? (
                <>
                  <LateTrouble error={error} isShown={data !== undefined} retry={() => void refetch()} />
                  <ScheduleList schedules={data} add={mayChange ? add : undefined} />
                </>
              ) : error !== null ? (
                <Trouble error={error} retry={() => void refetch()} />
              ) : (
                <Loading lines={5} />
              ),
          },
          { id: "calendars", label: "Days off", content: <Calendars /> },
        ]}
      />
      {isNew !== "" && (
        <ScheduleEditor
          workflow={workflow}
          onClose={() => {
            setNew(undefined);
            setWorkflow(undefined);
          }}
        />
      )}
    </Page>
  );
}

function leadOf(schedules: readonly ScheduleView[]): string {
  const paused = schedules.filter((one) => one.paused).length;
  const count = schedules.length === 1 ? "1 schedule" : `${schedules.length} schedules`;
  return paused === 0 ? count : `${count}, ${paused} paused`;
}

function ScheduleList({ schedules, add }: { schedules: readonly ScheduleView[]; add: (() => void) | undefined }) {
  const [text, setText] = useSearchText("q");
  const [only, setOnly] = useSearchText("only");
  const found = useMemo(() => matching(schedules, text, only), [schedules, text, only]);
  const { shown, more } = useMore(found);
  const list = useListKeys<HTMLUListElement>();
  useFilterKey();
  if (schedules.length === 0)
    return (
      <Panel>
        <Empty title="Nothing is scheduled">
          <p>A schedule starts a command, a function or a workflow by the calendar.</p>
          {add !== undefined && (
            <p>
              <Button kind="main" onClick={add}>
                Create the first one
              </Button>
            </p>
          )}
        </Empty>
      </Panel>
    );
  const counted = (kind: string): number => matching(schedules, "", kind).length;
  return (
    <div className={styles["all"]}>
      <div className={styles["filters"]}>
        <TextInput
          label="Filter"
          isBare
          type="search"
          placeholder="Name, what it does"
          value={text}
          onChange={setText}
        />
        <ChipToggle isOn={only === "paused"} onChange={(isOn) => setOnly(isOn ? "paused" : undefined)}>
          paused {counted("paused")}
        </ChipToggle>
        <ChipToggle isOn={only === "trouble"} onChange={(isOn) => setOnly(isOn ? "trouble" : undefined)}>
          last one failed or missed {counted("trouble")}
        </ChipToggle>
      </div>
      {found.length === 0 ? (
        <Panel>
          <Empty title="No schedule is like that">
            <Button
              onClick={() => {
                setText(undefined);
                setOnly(undefined);
              }}
            >
              Show all {schedules.length}
            </Button>
          </Empty>
        </Panel>
      ) : (
        <ul className={styles["list"]} aria-label="Schedules" ref={list.ref} onKeyDown={list.onKeyDown}>
          {shown.map((schedule) => (
            <ScheduleRow key={schedule.name} schedule={schedule} />
          ))}
        </ul>
      )}
      {more}
    </div>
  );
}

function matching(schedules: readonly ScheduleView[], text: string, only: string): ScheduleView[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return schedules.filter((schedule) => {
    const said =
      `${schedule.name} ${schedule.description ?? ""} ${targetText(schedule)} ${schedule.when}`.toLowerCase();
    if (only === "paused" && !schedule.paused) return false;
    if (only === "trouble" && !isTrouble(schedule)) return false;
    return words.every((word) => said.includes(word));
  });
}

function isTrouble({ results = [] }: ScheduleView): boolean {
  const [last] = results;
  return last !== undefined && (last.action === "failed" || last.action === "missed" || last.state === "failed");
}

function ScheduleRow({ schedule }: { schedule: ScheduleView }) {
  const actions = useScheduleActions();
  const { name, description, paused, nextAt, active, queued, results = [], warnings } = schedule;
  const items = actions.items(schedule);
  return (
    <li className={styles["row"]}>
      <div className={styles["who"]}>
        <p>
          <Link to="/schedules/$name" params={{ name }} className={styles["name"]} data-row="">
            {name}
          </Link>
          {paused && (
            <>
              {" "}
              <Chip tone="warn">paused</Chip>
            </>
          )}
          {warnings.length > 0 && (
            <>
              {" "}
              <Chip tone="warn" title={warnings.join("\n")}>
                {warnings.length === 1 ? "a warning" : `${warnings.length} warnings`}
              </Chip>
            </>
          )}
        </p>
        <p className={styles["small"]}>{whenText(schedule)}</p>
      </div>
      <div className={styles["does"]}>
        <p className={styles["target"]}>
          <code>{inertLine(targetText(schedule))}</code>
        </p>
        {description !== undefined && <p className={styles["small"]}>{inertLine(description)}</p>}
      </div>
      <div className={styles["next"]}>
        {paused ? (
          <p className={styles["small"]}>does not fire</p>
        ) : nextAt === undefined ? (
          <p className={styles["small"]}>never again</p>
        ) : (
          <>
            <p>
              <Ago at={nextAt} />
            </p>
            <p className={styles["small"]}>
              <Clock at={nextAt} />
            </p>
          </>
        )}
        {active + queued > 0 && (
          <p className={styles["small"]}>
            {active} at work{queued > 0 && `, ${queued} wait`}
          </p>
        )}
      </div>
      <ResultStrip ticks={results} label={`Newest results of ${name}`} />
      {items.length > 0 ? (
        <Menu
          label={`What can be done to ${name}`}
          items={items}
          trigger={
            <IconButton label={`Actions for ${name}`}>
              <EllipsisVertical aria-hidden />
            </IconButton>
          }
        />
      ) : (
        <span />
      )}
    </li>
  );
}
