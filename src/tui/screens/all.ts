/** Which screen a state shows. */
import type { Screen } from "../screen.ts";
import { pageOf, type PageKind, type State, type Tab } from "../state.ts";
import { armsScreen, runsScreen, schedulesScreen, workersScreen } from "./lists.ts";
import { logPage, logsScreen } from "./logs.ts";
import { overviewScreen } from "./overview.ts";
import { armPage, schedulePage, workerPage } from "./pages.ts";
import { runPage } from "./run-page.ts";
import { taskPage } from "./task-page.ts";
import { whyPage } from "./why-page.ts";
import { tasksScreen } from "./tasks.ts";

const TABS: Readonly<Record<Tab, Screen>> = {
  overview: overviewScreen,
  tasks: tasksScreen,
  runs: runsScreen,
  workers: workersScreen,
  arms: armsScreen,
  schedules: schedulesScreen,
  logs: logsScreen,
};
const PAGES: Readonly<Record<PageKind, Screen>> = {
  task: taskPage,
  run: runPage,
  worker: workerPage,
  arm: armPage,
  schedule: schedulePage,
  log: logPage,
  why: whyPage,
};

export function screenOf(state: State): Screen {
  const page = pageOf(state);
  return page === undefined ? TABS[state.tab] : PAGES[page.kind];
}
