/** What people type who know another system: words that are no command here, and what does that here. */

const CANCEL = "`octopus cancel ID` ends a task; Ctrl-C or TERM ends a server (its pid stands in .octopus/octopus.pid)";
const SUBMIT = "`octopus submit -- COMMAND` queues a command, `octopus run FILE` runs a workflow";
const START = "`octopus up` starts a server with a worker";
const LIST = "`octopus ls` lists tasks, `octopus arms` their lanes";
const SHOW = "`octopus show ID` tells of a task or a run, `octopus status` of the server";
const AGAIN = "`octopus retry ID`";
const SCHEDULE =
  "`octopus schedule add NAME --cron '0 3 * * *' -- COMMAND`; `octopus import crontab FILE` takes a crontab over";
const SECRETS = "secrets are not there yet: what a worker has in its environment, its commands have";
const RUNNING = "docs/operate/running.md says how";

const INSTEAD: Readonly<Record<string, string>> = {
  ...{ kill: CANCEL, stop: CANCEL, abort: CANCEL, terminate: CANCEL, down: CANCEL, shutdown: CANCEL },
  ...{ start: START, serve: START, init: START, standalone: START, "start-all": START },
  ...{ enqueue: SUBMIT, add: SUBMIT, exec: SUBMIT, sbatch: SUBMIT, queue: SUBMIT, job: SUBMIT },
  ...{ jobs: LIST, tasks: LIST, squeue: LIST, queues: LIST },
  ...{ info: SHOW, describe: SHOW, inspect: SHOW, get: SHOW },
  ...{ rerun: AGAIN, requeue: AGAIN, restart: AGAIN, replay: AGAIN },
  ...{ cron: SCHEDULE, crontab: SCHEDULE, timer: SCHEDULE, at: SCHEDULE },
  ...{ secrets: SECRETS, secret: SECRETS, variables: SECRETS, connections: SECRETS },
  runs: "`octopus ls --run last` lists the tasks of the newest run, `octopus show r3` tells of one",
  dags: "`octopus workflows` lists registered workflows, `octopus import airflow FILE` takes a DAG over",
  trigger: "`octopus run FILE`, or `octopus schedule trigger NAME`",
  backfill: "`octopus schedule backfill NAME --from 7d`",
  tail: "`octopus logs -f ID`",
  why: "`octopus explain ID`",
  watch: "`octopus top`, `octopus events`, or `octopus dashboard`",
  ui: "`octopus dashboard`, or in the terminal `octopus top`",
  restore: `a backup is put in its place while the server is stopped: ${RUNNING}; of a cluster \`octopus cluster restore\``,
  upgrade: RUNNING,
  update: RUNNING,
  uninstall: RUNNING,
  login: "set OCTOPUS_ACCESS_TOKEN; `octopus token create` makes one",
  list: LIST,
};

/** What does here what `word` does elsewhere, if anything. */
export function insteadOf(word: string): string | undefined {
  return Object.hasOwn(INSTEAD, word) ? INSTEAD[word] : undefined;
}

/** Options that every command takes, and that people put in front of it. */
const AFTER_COMMAND = new Set(["--server", "--namespace", "--config", "--output", "-o"]);

/**
 * What the parser of words says of a mistake, in one line as everything else that is refused, with what does here what was
 * meant. `isTop`: before any command.
 */
export function parserWords(text: string, isTop: boolean): string {
  const said = text
    .replace(/^error: /, "")
    .replace(
      /\n\(Did you mean (?:one of )?(.*)\?\)/,
      (_, near: string) => ` (did you mean ${near.replace(", ", " or ")}?)`,
    )
    .trimEnd();
  const command = /^unknown command '([^']*)'/.exec(said);
  const instead = command === null ? undefined : insteadOf(command[1]!);
  if (instead !== undefined) return `${command![0]}: ${instead}`;
  const option = /^unknown option '([^']*)'/.exec(said)?.[1];
  if (isTop && option !== undefined && AFTER_COMMAND.has(option))
    return `${option} stands after the command: octopus ls ${option} …`;
  const many = /^too many arguments for '(.*)'\. Expected (\d+) arguments? but got \d+: (.*)\.$/s.exec(said);
  if (many !== null) {
    const [, name, count, words] = many;
    const takes =
      count === "0" ? "no words beside its options" : `${count} word${count === "1" ? "" : "s"} beside its options`;
    return `${name} takes ${takes}, not ${words}`;
  }
  return said;
}
