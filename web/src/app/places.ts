/** The places of the dashboard: what stands at its side, what the palette offers, which keys lead there. */
import {
  Activity,
  BookOpen,
  Boxes,
  CalendarClock,
  FileText,
  Gauge,
  Layers,
  ListChecks,
  type LucideIcon,
  Network,
  Puzzle,
  ScrollText,
  Server,
  Settings,
  Skull,
  Workflow,
  Zap,
} from "lucide-react";
import { namespaceSaid } from "../data/here.ts";
import { useNamespaces } from "../data/namespaces.ts";
import { useMay, useSession } from "../data/session.ts";

export interface Place {
  to: string;
  name: string;
  icon: LucideIcon;
  /** After `g`. */
  key?: string;
  group: "" | "Work" | "Machines" | "System";
  /** Other words for it, from other systems and from the classic REST interface. */
  words?: string;
  /** Only where there is something to see: servers of a cluster, more than one namespace. */
  needs?: "cluster" | "namespaces";
}

export const PLACES: readonly Place[] = [
  { to: "/", name: "Overview", icon: Gauge, key: "o", group: "", words: "home dashboard status" },
  { to: "/tasks", name: "Tasks", icon: ListChecks, key: "t", group: "Work", words: "jobs queue executions history" },
  { to: "/runs", name: "Runs", icon: Activity, key: "r", group: "Work", words: "executions workflow instances" },
  { to: "/workflows", name: "Workflows", icon: Workflow, key: "f", group: "Work", words: "dags pipelines definitions" },
  { to: "/schedules", name: "Schedules", icon: CalendarClock, key: "s", group: "Work", words: "cron calendar timers" },
  { to: "/dead", name: "Dead letters", icon: Skull, key: "d", group: "Work", words: "failed dlq retry" },
  { to: "/logs", name: "Logs", icon: ScrollText, key: "l", group: "Work", words: "output tail" },
  {
    to: "/arms",
    name: "Arms",
    icon: Network,
    key: "a",
    group: "Machines",
    words: "quotas owners queues lanes limits pools",
  },
  {
    to: "/workers",
    name: "Workers",
    icon: Server,
    key: "w",
    group: "Machines",
    words: "clients nodes machines agents",
  },
  { to: "/plugins", name: "Plugins", icon: Puzzle, key: "p", group: "Machines", words: "code actions upload" },
  { to: "/triggers", name: "Triggers", icon: Zap, key: "e", group: "Machines", words: "webhooks events watch" },
  {
    ...{ to: "/cluster", name: "Cluster", icon: Boxes, key: "c", group: "System", needs: "cluster" },
    words: "servers leader replicas nats postgres snapshot failover nodes",
  },
  {
    ...{ to: "/namespaces", name: "Namespaces", icon: Layers, key: "n", group: "System", needs: "namespaces" },
    words: "teams tenants projects shards switch",
  },
  { to: "/audit", name: "Audit", icon: FileText, group: "System", words: "who did what log refusals" },
  {
    to: "/settings",
    name: "Settings",
    icon: Settings,
    key: ",",
    group: "System",
    words: "tokens policy backup theme",
  },
  { to: "/start", name: "First steps", icon: BookOpen, group: "System", words: "guide help tutorial getting started" },
];

/** Those that have something to show here. */
export function usePlaces(): readonly Place[] {
  const { cluster } = useSession();
  const isAdmin = useMay("admin");
  const namespaces = useNamespaces();
  const hasNamespaces = namespaces !== undefined && (isAdmin || namespaces.length > 1);
  return PLACES.filter(({ needs }) => {
    if (needs === "cluster") return cluster !== undefined;
    return needs === undefined || (hasNamespaces && namespaceSaid === undefined);
  });
}
