/** What is kept and where, and what Octopus says of itself. */
import { setting } from "../setting.ts";
import { duration, line, orNone, size, whole, word } from "../values.ts";

export const dataSection = {
  dir: setting(line("a path"), ".octopus", "Folder that holds the database, the logs and the results.", {
    path: true,
  }),
  keep: {
    count: setting(whole(0, Number.MAX_SAFE_INTEGER), "100000", "Ended tasks that are kept; the oldest go first."),
    age: setting(duration(), "30d", "Time that an ended task is kept."),
    workers: setting(
      duration(),
      "7d",
      "Time that a worker which is gone stays on the list; one that is drained by name or has a trusted key always does.",
    ),
    deleted: setting(
      duration(),
      "30d",
      "Time that a deleted namespace is kept, from which `octopus namespace undelete` brings it back; 0s keeps nothing.",
    ),
  },
};

export const logsSection = {
  keep: {
    age: setting(duration(), "7d", "Time that the output of tasks is kept."),
    size: setting(size(), "1GiB", "Most bytes of output that are kept; the oldest goes first."),
  },
};

export const logSection = {
  level: setting(
    word(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
      warning: "warn",
      critical: "fatal",
      off: "silent",
    }),
    "info",
    "Least important messages of Octopus itself that are written.",
  ),
  format: setting(
    word(["auto", "text", "json"]),
    "auto",
    "Form of those messages; auto is text on a terminal and json elsewhere.",
  ),
  file: setting(orNone(line("a path"), "a path"), "none", "File for those messages; none is standard error.", {
    path: true,
  }),
};
