/** The servers of the cluster: which part each has, how far it is, when it was heard of, where it is reached. */
import type { MemberView, ShardView } from "@octopus/protocol/cluster-view.ts";
import { lagWords, leadsOf } from "@octopus/view/cluster-health.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useNow } from "../../app/now.ts";
import { Chip } from "../../parts/chips.tsx";
import { Empty } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";
import { ROLE_TONES, STATE_WORDS } from "./words.ts";

const QUIET_MS = 3000;

interface MembersProps {
  members: readonly MemberView[];
  shards: readonly ShardView[];
  /** The namespace whose records are counted. */
  shard: string;
}

export function Members({ members, shards, shard }: MembersProps) {
  const columns: readonly Column<MemberView>[] = [
    {
      title: "Server",
      cell: ({ server, isHere }) => (
        <>
          {inertLine(server)} {isHere && <Chip title="The server that this page asks">here</Chip>}
        </>
      ),
    },
    {
      title: "State",
      cell: ({ role }) => <Chip tone={ROLE_TONES[role]}>{STATE_WORDS[role]}</Chip>,
    },
    { title: "Leads", cell: ({ server }) => leadsOf(shards, server) },
    { title: `Record of ${shard}`, cell: ({ seq }) => seq.toLocaleString("en"), isNumber: true, isMinor: true },
    { title: "How far", cell: lagWords },
    { title: "Heard", cell: ({ seenAt, isHere }) => (isHere ? "now" : <Heard at={seenAt} />) },
    { title: "Version", cell: ({ version }) => version, isMinor: true },
    { title: "Address", cell: ({ url }) => url !== undefined && <Address url={url} />, isMinor: true },
  ];
  return (
    <Panel title="Servers" isFlush>
      {members.length === 0 ? (
        <Empty title="No server has said anything of itself yet">The one that answers is just starting.</Empty>
      ) : (
        <Table label="Servers of the cluster" columns={columns} rows={members} keyOf={({ server }) => server} />
      )}
    </Panel>
  );
}

/** They speak all the time: only silence is worth a number. */
function Heard({ at }: { at: string | undefined }) {
  const now = useNow();
  if (at === undefined) return "never";
  return now - Date.parse(at) < QUIET_MS ? "now" : <Ago at={at} />;
}

/** Only what is an address of the web becomes a link. */
function Address({ url }: { url: string }) {
  if (!/^https?:\/\//.test(url)) return <code>{inertLine(url)}</code>;
  return <a href={url}>{inertLine(url)}</a>;
}
