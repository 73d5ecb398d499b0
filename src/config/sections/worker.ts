/** The worker of this machine, its connection, and who gets which task. */
import { z } from "zod";
import { NAME, NAME_FORM, setting } from "../setting.ts";
import { duration, labels, line, list, offers, orNone, shaped, size, whole, word } from "../values.ts";

export const workerSection = z.strictObject({
  name: setting(
    shaped(NAME_FORM, NAME),
    "the host's name",
    "Name of the worker; two workers of one server differ in it.",
  ),
  slots: setting(whole(1, 10_000), "2 x cores, at least 4", "Tasks that the worker runs at once."),
  functions: setting(list("a list of paths"), "none", "Modules whose exported functions `call` tasks may use.", {
    path: true,
  }),
  grace: setting(duration(), "10s", "Time that running tasks get to end when the worker is stopped."),
  resources: setting(
    offers(NAME),
    "cpu and memory of the machine",
    "All that it offers to tasks that ask for resources: `cpu=4,memory=8GiB,gpu=2`; a list names units that are told apart: `gpu=[0,2]`.",
  ),
  labels: setting(labels(), "none", "What it is, for tasks that choose by that: `zone=attic,disk=ssd`."),
  arms: setting(
    orNone(list("a list of names", NAME), "a list of names"),
    "none",
    "The only arms whose tasks it takes; none is all of them.",
  ),
  join: setting(
    orNone(line("a join token"), "a join token"),
    "none",
    "Join token: where the server is, and the right to work for it.",
    {
      secret: true,
    },
  ),
  dir: setting(
    orNone(line("a path"), "a path"),
    "a folder of the user's state",
    "Folder for its key, and for results that the server has not taken yet.",
    { path: true },
  ),
  timeout: setting(
    orNone(duration(1), "a duration such as 90s or 1h30m"),
    "none",
    "Longest time of an attempt on this worker, whatever its task says.",
  ),
  spool: setting(size(), "256MiB", "Most bytes of results and output that it keeps while the server is away."),
});

export const placementSection = z.strictObject({
  policy: setting(
    word(["spread", "pack"]),
    "spread",
    "Which of the workers that fit gets a task: spread takes the emptiest, pack the fullest that has room.",
  ),
});

export const linkSection = z.strictObject({
  lease: setting(
    duration(1000),
    "30s",
    "Time after which the tasks of a worker that has vanished start again elsewhere.",
  ),
  heartbeat: setting(duration(100), "5s", "Time between two signs of life of a worker."),
});
