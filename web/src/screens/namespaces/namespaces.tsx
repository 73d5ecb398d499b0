/** The namespaces of the server: what each team has for itself. Made and deleted by admins of `default`. */
import { useQuery } from "@tanstack/react-query";
import { Layers, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { NamespaceView } from "@octopus/protocol/namespace.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { matchesWords } from "@octopus/view/match-words.ts";
import { useFilterKey } from "../../app/list-keys.ts";
import { useSearchText } from "../../app/search.ts";
import { mainClient } from "../../data/client.ts";
import { addressOf, DEFAULT_NAMESPACE, namespace } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { useMayAsk } from "../../data/namespaces.ts";
import { useMay } from "../../data/session.ts";
import { Button, IconButton } from "../../parts/button.tsx";
import { Chip } from "../../parts/chips.tsx";
import { TextInput } from "../../parts/field.tsx";
import { LateTrouble } from "../../parts/late-trouble.tsx";
import { Empty, Loading, Remark } from "../../parts/notices.tsx";
import { Page, Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";
import { DeleteNamespace } from "./delete-namespace.tsx";
import { FirstSecrets, NewNamespace } from "./new-namespace.tsx";
import styles from "./namespaces.module.css";

const PULSE_MS = 10_000;
/** So few need no filter. */
const FILTER_ABOVE = 8;

export function Namespaces() {
  const isHere = namespace === DEFAULT_NAMESPACE;
  return (
    <Page
      title="Namespaces"
      lead="Each has tasks, workflows, arms, plugins, tokens and workers of its own, at an address of its own."
      actions={isHere && <New />}
    >
      {isHere ? <List /> : <Elsewhere />}
    </Page>
  );
}

function Elsewhere() {
  return (
    <Remark tone="off">
      They are looked after in <a href={`${addressOf(DEFAULT_NAMESPACE)}/ui/namespaces`}>default</a>, by its admins.
    </Remark>
  );
}

function New() {
  const isAdmin = useMay("admin");
  const [asked, setAsked] = useSearchText("new");
  const [made, setMade] = useState<Awaited<ReturnType<typeof mainClient.createNamespace>>>();
  if (!isAdmin) return null;
  return (
    <>
      <Button kind="main" icon={<Plus aria-hidden />} onClick={() => setAsked("1")}>
        New namespace
      </Button>
      {asked !== "" && (
        <NewNamespace
          onClose={() => setAsked(undefined)}
          onMade={(namespace) => {
            setAsked(undefined);
            setMade(namespace);
          }}
        />
      )}
      {made !== undefined && <FirstSecrets made={made} onClose={() => setMade(undefined)} />}
    </>
  );
}

function List() {
  const isAdmin = useMay("admin");
  const enabled = useMayAsk();
  const [q, setQ] = useSearchText("q");
  const [deleted, setDeleted] = useState<NamespaceView>();
  const { data, error, refetch } = useQuery({
    queryKey: keys.namespaces,
    queryFn: () => mainClient.namespaces(),
    enabled,
    refetchInterval: PULSE_MS,
  });
  useFilterKey();
  if (data === undefined)
    return error === null ? (
      <Loading lines={4} />
    ) : (
      <LateTrouble error={error} isShown={false} retry={() => void refetch()} />
    );
  const shown = data.filter(({ name, leader = "" }) => matchesWords(q, `${name} ${leader}`));
  const isCluster = data.some(({ leader, hosts }) => leader !== undefined || hosts !== undefined);
  const columns: Column<NamespaceView>[] = [
    {
      title: "Name",
      cell: ({ name }) => (
        <>
          <a href={`${addressOf(name)}/ui/`} data-row="">
            {name}
          </a>{" "}
          {name === namespace && <Chip>here</Chip>}
        </>
      ),
    },
    { title: "State", cell: (one) => <State {...one} /> },
    ...(isCluster
      ? [
          {
            title: "Leader",
            cell: ({ leader }: NamespaceView) => (leader === undefined ? "nobody" : inertLine(leader)),
          },
          { title: "Copies", cell: ({ hosts = [] }: NamespaceView) => hosts.map(inertLine).join(", "), isMinor: true },
        ]
      : []),
    { title: "Made", cell: ({ createdAt }) => <Ago at={createdAt} />, isMinor: true },
    { title: "Address", cell: ({ name }) => <code>{addressOf(name)}</code>, isMinor: true },
    ...(isAdmin
      ? [
          {
            title: "Deeds",
            cell: (one: NamespaceView) =>
              one.name === DEFAULT_NAMESPACE ? null : (
                <IconButton label={`Delete ${one.name}`} onClick={() => setDeleted(one)}>
                  <Trash2 aria-hidden />
                </IconButton>
              ),
          },
        ]
      : []),
  ];
  return (
    <div className={styles["all"]}>
      <LateTrouble error={error} isShown retry={() => void refetch()} />
      {data.length > FILTER_ABOVE && (
        <TextInput label="Filter" isBare type="search" placeholder="Find a namespace" value={q} onChange={setQ} />
      )}
      <Panel isFlush>
        {shown.length === 0 ? (
          <Empty title={`No namespace is called like “${q}”`} icon={<Layers aria-hidden />} />
        ) : (
          <Table label="Namespaces" columns={columns} rows={shown} keyOf={({ name }) => name} />
        )}
      </Panel>
      {data.length === 1 && (
        <p className={styles["hint"]}>
          There is one, and nobody needs more. A namespace separates teams, or what is tried from what counts: neither
          sees the other, and the names of one are free in the other.
        </p>
      )}
      {deleted !== undefined && <DeleteNamespace namespace={deleted} onClose={() => setDeleted(undefined)} />}
    </div>
  );
}

function State({ state, reason }: NamespaceView) {
  switch (state) {
    case "here":
      return <Chip tone="good">served here</Chip>;
    case "elsewhere":
      return <Chip title="This server keeps no copy, and passes requests on">served elsewhere</Chip>;
    case "starting":
      return (
        <Chip tone="wait" title={reason}>
          starting
        </Chip>
      );
    case "failed":
      return (
        <span>
          <Chip tone="bad">not served</Chip> <span className={styles["reason"]}>{inertLine(reason ?? "")}</span>
        </span>
      );
  }
}
