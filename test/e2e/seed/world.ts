/** A dashboard with something to see: real work of every kind, on a real server. */
import { type Dashboard, type DashboardOptions, type Ends, openDashboard } from "../dashboard.ts";
import { CONFIGURATION, seedSurroundings } from "./surroundings.ts";
import { seedTasks } from "./tasks.ts";
import { type SeededRuns, seedRuns } from "./workflows.ts";

export interface World extends SeededRuns {
  dashboard: Dashboard;
}

export async function openWorld(t: Ends, options: DashboardOptions = {}): Promise<World> {
  const files = { "octopus.yaml": CONFIGURATION };
  const dashboard = await openDashboard(t, { ...options, files, args: ["--slots", "6", ...(options.args ?? [])] });
  const { client, place } = dashboard;
  try {
    await seedTasks(client);
    const runs = await seedRuns(client);
    await seedSurroundings(client, place);
    return { ...runs, dashboard };
  } catch (error) {
    await dashboard.stop();
    throw error;
  }
}

/** Every screen, and those of its states that look like another screen: by name, the address below `/ui/`. */
export function pagesOf({ failed, asking, wide, running }: SeededRuns): Record<string, string> {
  return {
    overview: "",
    tasks: "tasks",
    "tasks-failed": "tasks?q=state:failed",
    "task-failed": "tasks/fetch-feed",
    "task-running": "tasks/render-film",
    "task-waiting": "tasks/train-model",
    "task-result": "tasks/answer",
    "task-unknown": "tasks/there-is-none",
    runs: "runs",
    "run-failed": `runs/${failed}`,
    "run-asking": `runs/${asking}`,
    "run-wide": `runs/${wide}`,
    "run-running": `runs/${running}`,
    workflows: "workflows",
    workflow: "workflows/nightly-report",
    logs: "logs",
    workers: "workers",
    worker: "workers/attic-box",
    arms: "arms",
    arm: "arms/builds",
    schedules: "schedules",
    schedule: "schedules/nightly-report",
    dead: "dead",
    plugins: "plugins",
    plugin: "plugins/weather",
    triggers: "triggers",
    audit: "audit",
    settings: "settings",
    start: "start",
    "not-found": "there/is/none",
  };
}
