/** Which address shows which screen. All but the frame is loaded when it is first shown. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { uiPath } from "../data/here.ts";
import { Trouble } from "../parts/notices.tsx";
import { Page } from "../parts/page.tsx";
import { NotFound } from "./not-found.tsx";
import { parseSearch, type Search, stringifySearch } from "./search.ts";
import { Shell } from "./shell.tsx";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: (search: Record<string, unknown>): Search => search as Search,
});

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    component: lazyRouteComponent(() => import("../screens/overview/overview.tsx"), "Overview"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/tasks",
    component: lazyRouteComponent(() => import("../screens/tasks/tasks.tsx"), "Tasks"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/tasks/$id",
    component: lazyRouteComponent(() => import("../screens/task/task.tsx"), "TaskPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/runs",
    component: lazyRouteComponent(() => import("../screens/runs/runs.tsx"), "Runs"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/runs/$id",
    component: lazyRouteComponent(() => import("../screens/run/run.tsx"), "RunPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/workflows",
    component: lazyRouteComponent(() => import("../screens/workflows/workflows.tsx"), "Workflows"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/workflows/$name",
    component: lazyRouteComponent(() => import("../screens/workflow/workflow.tsx"), "WorkflowPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/schedules",
    component: lazyRouteComponent(() => import("../screens/schedules/schedules.tsx"), "Schedules"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/schedules/$name",
    component: lazyRouteComponent(() => import("../screens/schedules/schedule.tsx"), "SchedulePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/dead",
    component: lazyRouteComponent(() => import("../screens/dead/dead.tsx"), "DeadLetters"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/logs",
    component: lazyRouteComponent(() => import("../screens/logs/logs.tsx"), "Logs"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/arms",
    component: lazyRouteComponent(() => import("../screens/arms/arms.tsx"), "Arms"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/arms/$name",
    component: lazyRouteComponent(() => import("../screens/arms/arm.tsx"), "ArmPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/workers",
    component: lazyRouteComponent(() => import("../screens/workers/workers.tsx"), "Workers"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/workers/$name",
    component: lazyRouteComponent(() => import("../screens/workers/worker.tsx"), "WorkerPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/plugins",
    component: lazyRouteComponent(() => import("../screens/plugins/plugins.tsx"), "Plugins"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/plugins/$name",
    component: lazyRouteComponent(() => import("../screens/plugins/plugin.tsx"), "PluginPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/triggers",
    component: lazyRouteComponent(() => import("../screens/triggers/triggers.tsx"), "Triggers"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/audit",
    component: lazyRouteComponent(() => import("../screens/audit/audit.tsx"), "Audit"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/cluster",
    component: lazyRouteComponent(() => import("../screens/cluster/cluster.tsx"), "Cluster"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/namespaces",
    component: lazyRouteComponent(() => import("../screens/namespaces/namespaces.tsx"), "Namespaces"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings",
    component: lazyRouteComponent(() => import("../screens/settings/settings.tsx"), "Settings"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/start",
    component: lazyRouteComponent(() => import("../screens/start/start.tsx"), "FirstSteps"),
  }),
  // The words of the classic REST interface.
  createRoute({
    getParentRoute: () => root,
    path: "/executions",
    beforeLoad: () => {
      throw redirect({ to: "/tasks", search: { q: "state:succeeded,failed,cancelled" } as never });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/clients",
    beforeLoad: () => {
      throw redirect({ to: "/workers" });
    },
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: uiPath,
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
  scrollToTopSelectors: ["#main"],
  defaultPreload: "intent",
  defaultErrorComponent: ({ error, reset }) => (
    <Page title="Something went wrong">
      <Trouble error={error} retry={reset} />
    </Page>
  ),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
