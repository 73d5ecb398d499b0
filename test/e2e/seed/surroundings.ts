/** What stands around the work: workers (one of them dead), schedules, plugins, triggers, quotas, tokens. */
import type { Client } from "../../../src/client/mod.ts";
import { endProcess, type Place, until } from "../../integration/place.ts";

/** octopus.yaml of the server. */
export const CONFIGURATION = `triggers:
  push:
    webhook: { verify: github }
    secret: a-long-shared-secret
    when: event.headers["x-github-event"] == "push"
    workflow: nightly-report
  inbox:
    watch: { path: "inbox/*.csv" }
    task: { shell: 'wc -l "\${{ event.path }}"' }
policy:
  mode: warn
`;

const PLUGIN = `"""Tells the weather."""
import octopus

def main(city, days=1):
    octopus.log(f"asking for {city}")
    return {"status": "success", "message": f"{city}: rain", "data": {"days": days}}
`;

/** A second machine, which is killed in the middle of its work. */
async function seedWorkers(client: Client, place: Place): Promise<void> {
  const worker = place.start([
    "worker",
    "--server",
    place.url,
    "--name",
    "attic-box",
    "--slots",
    "4",
    "--labels",
    "zone=attic,disk=ssd",
  ]);
  await until("the second worker", async () => (await client.workers()).some(({ name }) => name === "attic-box"));
  await client.submitAlone({ id: "lost-with-its-worker", shell: "sleep 3600", worker: "attic-box", onLost: "fail" });
  await until("its task", async () => (await client.task("lost-with-its-worker")).state === "running");
  endProcess(worker.pid, "SIGKILL");
  await worker.end;
}

async function seedSchedules(client: Client): Promise<void> {
  const task = { shell: "echo tick", tags: ["scheduled"] };
  await client.setCalendar("holidays", ["2026-12-25", "2026-12-26", "01-01"]);
  await client.setSchedule({ name: "heartbeat", every: "2s", task, overlap: "skip" });
  await client.setSchedule({
    name: "nightly-report",
    description: "The figures, before anybody comes in",
    ...{ cron: "30 4 * * mon-fri", zone: "Europe/Berlin", calendars: ["holidays"] },
    workflow: { definition: "name: night\ntasks: { one: echo one, two: { needs: one, shell: echo two } }\n" },
  });
  await client.setSchedule({ name: "cleanup", cron: "0 3 1 * *", zone: "America/New_York", task, paused: true });
  await client.setSchedule({ name: "once", at: new Date(Date.now() + 86_400_000).toISOString(), task });
  await client.triggerSchedule("nightly-report");
}

async function seedPlugins(client: Client): Promise<void> {
  await client.setPlugin("weather", [{ path: "weather.py", text: PLUGIN }]);
  await client.setPlugin("weather", [{ path: "weather.py", text: PLUGIN.replace("rain", "sun") }]);
  await client.setPlugin("broken", [
    { path: "broken.py", text: "import not_there_at_all\n\ndef main():\n    return 1\n" },
  ]);
  await client.waitTask(
    (await client.submitAlone({ plugin: { name: "weather", args: ["Oslo"] }, tags: ["weather"] })).id,
  );
  await client.waitTask((await client.submitAlone({ plugin: "broken", tags: ["weather"] })).id);
}

export async function seedSurroundings(client: Client, place: Place): Promise<void> {
  await seedWorkers(client, place);
  await seedSchedules(client);
  await seedPlugins(client);
  await client.setQuota("ben", { concurrent: 2, tasks: { limit: 1000, per: "1d" } });
  await client.createToken({ name: "ci", role: "submitter", arms: ["builds"], expires: "90d" });
  await client.revokeToken((await client.createToken({ name: "old-laptop", role: "operator" })).id);
}
