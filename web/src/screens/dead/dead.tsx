/** What failed for good, by what it died of: to be tried again, put aside or taken away as a file, all of a kind at once. */
import { useQuery } from "@tanstack/react-query";
import { Download, Skull } from "lucide-react";
import { useCallback, useMemo } from "react";
import { groupDead } from "@octopus/view/dead-groups.ts";
import { completeQuery } from "@octopus/view/complete-query.ts";
import { isEverything, parseQuery } from "@octopus/view/query.ts";
import { DEAD_MAX, type DeadLetters as Dead, readDead } from "../../data/dead.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { Empty, Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { QueryBar } from "../../parts/query-bar.tsx";
import { useBulk } from "../tasks/bulk-bar.tsx";
import { BulkProgress } from "../tasks/bulk-progress.tsx";
import { type ShownFilter, useTaskFilter } from "../tasks/filter.ts";
import styles from "./dead.module.css";
import { saveJson } from "./save-json.ts";
import { DeadGroupPanel } from "./dead-group.tsx";

export function DeadLetters() {
  const shown = useTaskFilter();
  const { data, error, refetch } = useQuery({
    queryKey: keys.dead(shown.text),
    queryFn: () => readDead(shown.asked()),
    enabled: shown.problems.length === 0,
  });
  const groups = useMemo(() => groupDead(data?.tasks ?? []), [data]);
  const problemsOf = useCallback((text: string) => parseQuery(text).problems, []);
  const complete = useCallback((text: string, caret: number) => completeQuery(text, caret, knownOf(data)), [data]);
  return (
    <Page
      title="Dead letters"
      lead="What failed with no try left. Here they wait for somebody to try them again, or to put them aside."
      actions={data !== undefined && data.tasks.length > 0 && <ForAll data={data} shown={shown} />}
    >
      <div className={styles["line"]}>
        <QueryBar
          label="Filter dead letters"
          placeholder="arm:batch type:report after:24h some text"
          value={shown.text}
          onChange={shown.setText}
          problemsOf={problemsOf}
          complete={complete}
        />
      </div>
      <BulkProgress />
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {data === undefined && error === null && shown.problems.length === 0 && <Loading lines={6} />}
      {data?.isCut === true && (
        <Remark tone="warn">
          There are more than {DEAD_MAX.toLocaleString("en")}: only the newest are shown. A filter reaches the others.
        </Remark>
      )}
      {groups.map((group) => (
        <DeadGroupPanel key={group.key} group={group} />
      ))}
      {data !== undefined && groups.length === 0 && <None shown={shown} />}
    </Page>
  );
}

function knownOf(data: Dead | undefined) {
  const unique = (names: readonly string[]): string[] => [...new Set(names)];
  const tasks = data?.tasks ?? [];
  return {
    arm: unique(tasks.map(({ arm }) => arm)),
    type: unique(tasks.map(({ type }) => type)),
    tag: unique(tasks.flatMap(({ tags }) => tags)),
    worker: unique(tasks.flatMap(({ worker }) => worker ?? [])),
  };
}

function None({ shown: { filter, setText } }: { shown: ShownFilter }) {
  if (isEverything(filter))
    return (
      <Empty title="There are no dead letters" icon={<Skull aria-hidden />}>
        What fails with no try left comes here. Nothing has, or all of it was dealt with.
      </Empty>
    );
  return (
    <Empty title="No dead letter matches">
      <Button isSmall onClick={() => setText("")}>
        Show all dead letters
      </Button>
    </Empty>
  );
}

/** Reaches all that match, also those that are not shown. */
function ForAll({ data, shown }: { data: Dead; shown: ShownFilter }) {
  const mayBulk = useMay("operator");
  const bulk = useBulk(() => undefined);
  const filter = { ...shown.asked(), dead: true as const };
  return (
    <>
      <Button icon={<Download aria-hidden />} onClick={() => saveJson("dead-letters.json", data.tasks)}>
        Export
      </Button>
      {mayBulk && <Button onClick={() => bulk.begin("dismiss", { filter })}>Dismiss all</Button>}
      {mayBulk && (
        <Button kind="main" onClick={() => bulk.begin("retry", { filter })}>
          Retry all
        </Button>
      )}
    </>
  );
}
