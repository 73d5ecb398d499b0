/** `/tasks`, `/executions`, `/clients` and `/plugins` at the root, as the users of that system know them. */
import type { App } from "../route.ts";
import type { ServerScope } from "../scope.ts";
import { addClassicLists } from "./lists.ts";
import { addClassicTasks } from "./tasks.ts";

export function addClassicRoutes(app: App, scope: ServerScope): void {
  addClassicTasks(app, scope);
  addClassicLists(app, scope);
}
