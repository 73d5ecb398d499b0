/** The runs, newest first, as many as there are: by state, workflow and schedule, live, with how long the last ones took. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { RUN_STATES, type RunState } from "@octopus/base/words.ts";
import type { RunView } from "@octopus/protocol/run-views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { cliOption } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { useKeyset } from "../../data/keyset.ts";
import { useMay } from "../../data/session.ts";
import { Button, ButtonLink } from "../../parts/button.tsx";
import { ChipToggle } from "../../parts/chips.tsx";
import { Checkbox, Select } from "../../parts/field.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Rows } from "../../parts/rows.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { COLUMNS, RunCard } from "./columns.tsx";
import { Strip } from "./strip.tsx";
import styles from "./runs.module.css";

const idOf = ({ id }: RunView): string => id;

export function Runs() {
  const [stateText, setState] = useSearchText("state");
  const [workflow, setWorkflow] = useSearchText("workflow");
  const [schedule, setSchedule] = useSearchText("schedule");
  const [inner, setInner] = useSearchText("inner");
  const navigate = useNavigate();
  const states = useMemo(() => RUN_STATES.filter((state) => stateText.split(",").includes(state)), [stateText]);
  const filter = {
    ...(states.length > 0 && { state: states }),
    ...(workflow !== "" && { workflow }),
    ...(schedule !== "" && { schedule }),
    ...(inner === "" && { top: true }),
  };
  const view = useKeyset<RunView>({
    key: keys.runs(filter),
    idOf,
    read: (cursor, limit) => client.runs({ ...filter, cursor, limit }),
  });
  const isFiltered = states.length > 0 || workflow !== "" || schedule !== "";
  const clear = (): void => void navigate({ to: "/runs", search: {} });
  return (
    <Page title="Runs" isFull lead={<Lead />}>
      <div className={styles["tools"]}>
        <StateChips chosen={states} choose={(next) => setState(next.join(",") || undefined)} />
        <Filters {...{ workflow, setWorkflow, schedule, setSchedule }} />
        <Checkbox
          label="Also runs inside of others"
          isOn={inner !== ""}
          onChange={(isOn) => setInner(isOn ? "yes" : undefined)}
        />
        {isFiltered && (
          <Button isSmall kind="quiet" onClick={clear}>
            Clear
          </Button>
        )}
      </div>
      <Strip filter={filter} />
      <Rows
        label="Runs"
        view={view}
        columns={COLUMNS}
        card={(run) => <RunCard run={run} />}
        cardHeight={74}
        open={({ id }) => void navigate({ to: "/runs/$id", params: { id } })}
        empty={isFiltered ? <NothingFits clear={clear} /> : <NothingYet />}
      />
    </Page>
  );
}

function Lead() {
  const { data } = useQuery({ queryKey: keys.status, queryFn: ({ signal }) => client.status(signal) });
  if (data === undefined) return null;
  const live = (data.runs.running ?? 0) + (data.runs.queued ?? 0);
  const all = Object.values(data.runs).reduce((sum, count) => sum + count, 0);
  return `${all.toLocaleString("en")} in all, ${live === 0 ? "none" : live.toLocaleString("en")} in progress`;
}

function StateChips({ chosen, choose }: { chosen: readonly RunState[]; choose(states: readonly RunState[]): void }) {
  const { data } = useQuery({ queryKey: keys.status, queryFn: ({ signal }) => client.status(signal) });
  return (
    <div className={styles["chips"]} role="group" aria-label="States">
      {RUN_STATES.map((state) => {
        const count = data?.runs[state] ?? 0;
        const isOn = chosen.includes(state);
        if (count === 0 && !isOn) return null;
        const toggled = (): RunState[] => (isOn ? chosen.filter((one) => one !== state) : [...chosen, state]);
        return (
          <ChipToggle key={state} isOn={isOn} onChange={() => choose(toggled())}>
            <StateMark state={state} withLabel /> {count.toLocaleString("en")}
          </ChipToggle>
        );
      })}
    </div>
  );
}

interface FiltersProps {
  workflow: string;
  setWorkflow(value: string | undefined): void;
  schedule: string;
  setSchedule(value: string | undefined): void;
}

function Filters({ workflow, setWorkflow, schedule, setSchedule }: FiltersProps) {
  const workflows = useQuery({ queryKey: keys.workflows, queryFn: () => client.workflows() });
  const schedules = useQuery({ queryKey: keys.schedules, queryFn: () => client.schedules() });
  const named = (first: string, names: readonly string[], chosen: string) => [
    { value: "", label: first },
    ...[...new Set([...names, ...(chosen === "" ? [] : [chosen])])].map((name) => ({
      value: name,
      label: inertLine(name),
    })),
  ];
  const scheduleNames = (schedules.data ?? []).map(({ name }) => name);
  return (
    <>
      <Select
        label="Workflow"
        isBare
        value={workflow}
        onChange={(value) => setWorkflow(value || undefined)}
        options={named(
          "Any workflow",
          (workflows.data ?? []).map(({ name }) => name),
          workflow,
        )}
      />
      {(scheduleNames.length > 0 || schedule !== "") && (
        <Select
          label="Schedule"
          isBare
          value={schedule}
          onChange={(value) => setSchedule(value || undefined)}
          options={named("Any schedule", scheduleNames, schedule)}
        />
      )}
    </>
  );
}

function NothingFits({ clear }: { clear(): void }) {
  return (
    <Empty title="No run fits">
      <Button isSmall onClick={clear}>
        Show all runs
      </Button>
    </Empty>
  );
}

function NothingYet() {
  const mayRun = useMay("submitter");
  return (
    <Empty title="Nothing has run yet">
      <p>
        A run is one instance of a workflow: <code>octopus run{cliOption} file.yaml</code> starts one.
      </p>
      {mayRun && (
        <ButtonLink isSmall to="/workflows">
          To the workflows
        </ButtonLink>
      )}
    </Empty>
  );
}
