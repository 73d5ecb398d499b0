/** Tasks that say nothing else, schedules, callbacks, and how large things may be. */
import { ByName, setting } from "../setting.ts";
import { duration, line, orNone, rate, RATE_FORM, size, whole, zone } from "../values.ts";

/** One named secret. */
export const secretSetting = setting(line("a text"), "none", "Signs webhooks that name this secret.", { secret: true });

export const tasksSection = {
  timeout: setting(
    orNone(duration(1), "a duration such as 90s or 1h30m"),
    "none",
    "Longest time that a task may run unless it says otherwise.",
  ),
  retries: setting(whole(0, 1000), "0", "Further tries of a failed task unless it says otherwise."),
  grace: setting(
    duration(),
    "5s",
    "Time between TERM and KILL when a command is stopped, unless its task says otherwise.",
  ),
};

export const schedulesSection = {
  zone: setting(zone(), "the machine's zone", "Time zone of schedules that name none."),
};

export const callbacksSection = {
  secret: setting(
    orNone(line("a text"), "a text"),
    "one drawn at the first start",
    "Signs webhooks that name no other secret; several between spaces sign with each, the newest first.",
    { secret: true },
  ),
  secrets: new ByName(secretSetting),
};

export const limitsSection = {
  body: setting(size(1024), "64MiB", "Largest request that the server reads."),
  task: setting(size(1024), "1MiB", "Largest single task."),
  result: setting(size(), "256KiB", "Largest result kept in the database; larger ones become files beside it."),
  artifact: setting(size(1), "1GiB", "Largest single file that a task may leave."),
  connections: setting(whole(1, 1_000_000), "1000", "Most connections of one address, the loopback address aside."),
  requests: setting(
    orNone(rate(), RATE_FORM),
    "none",
    "Most requests of one token or address, the loopback address aside: `1000/1s`.",
  ),
  refusals: setting(rate(), "20/1m", "Wrong tokens of one address; beyond it the address is told to wait."),
};
