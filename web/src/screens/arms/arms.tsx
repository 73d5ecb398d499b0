/** The board of the arms: how full each is, who waits, what goes through; its limit is changed where it stands. And quotas. */
import { useQuery } from "@tanstack/react-query";
import { Network, Plus } from "lucide-react";
import type { ArmView } from "@octopus/protocol/views.ts";
import { useSearchText } from "../../app/search.ts";
import { client } from "../../data/client.ts";
import { useHistory } from "../../data/history.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { Button } from "../../parts/button.tsx";
import { TextInput } from "../../parts/field.tsx";
import { useMore } from "../../parts/more.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Page } from "../../parts/page.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { ArmEditor } from "./arm-editor.tsx";
import styles from "./arms.module.css";
import { Board } from "./board.tsx";
import { Quotas } from "./quotas.tsx";

/** More arms than this have a field to find one. */
const FEW = 12;

export function Arms() {
  const {
    data: arms,
    error,
    refetch,
  } = useQuery({ queryKey: keys.arms, queryFn: () => client.arms(), refetchInterval: 30_000 });
  const [isNew, setNew] = useSearchText("new");
  const mayChange = useMay("operator");
  return (
    <Page
      title="Arms"
      lead={arms === undefined ? "Named lanes of execution, each with its own limit" : leadOf(arms)}
      actions={
        mayChange && (
          <Button kind="main" icon={<Plus aria-hidden />} onClick={() => setNew("1")}>
            New arm
          </Button>
        )
      }
    >
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {arms === undefined ? (
        error === null && <Loading lines={6} />
      ) : (
        <Tabs
          label="Arms and quotas"
          tabs={[
            { id: "board", label: "Board", content: <Lanes arms={arms} /> },
            { id: "quotas", label: "Quotas", content: <Quotas /> },
          ]}
        />
      )}
      {isNew !== "" && mayChange && <ArmEditor onClose={() => setNew(undefined)} />}
    </Page>
  );
}

function Lanes({ arms }: { arms: readonly ArmView[] }) {
  const history = useHistory(15);
  const [words, setWords] = useSearchText("q");
  const found = arms.filter(({ name, types }) => [name, ...types].some((text) => text.includes(words.trim())));
  const { shown, more } = useMore(found);
  return (
    <>
      {(arms.length > FEW || words !== "") && (
        <div className={styles["find"]}>
          <TextInput
            isBare
            label="Find an arm by its name, or by a type of its tasks"
            placeholder="Name or type"
            type="search"
            value={words}
            onChange={setWords}
            data-filter
          />
        </div>
      )}
      {found.length === 0 ? (
        <Empty title={`No arm is called ${words}, or takes tasks of such a type`} icon={<Network aria-hidden />}>
          <Button onClick={() => setWords(undefined)}>Show all {arms.length} arms</Button>
        </Empty>
      ) : (
        <>
          <Board arms={shown} history={history.data} />
          {more}
        </>
      )}
    </>
  );
}

function leadOf(arms: readonly ArmView[]): string {
  const sum = (value: (arm: ArmView) => number): number => arms.reduce((all, arm) => all + value(arm), 0);
  const paused = sum(({ enabled }) => Number(!enabled));
  const draining = sum(({ draining: is }) => Number(is));
  return [
    `${sum(({ active }) => active).toLocaleString("en")} running`,
    `${sum(({ queued }) => queued).toLocaleString("en")} queued`,
    ...(paused > 0 ? [`${paused} paused`] : []),
    ...(draining > 0 ? [`${draining} draining`] : []),
  ].join(", ");
}
