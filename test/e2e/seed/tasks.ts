/** Tasks in every state, as somebody's server has them after a busy morning: for pictures, and for looks at every page. */
import type { Client, TaskSubmission } from "../../../src/client/mod.ts";

/** Text that would do harm on a page that believed it. */
export const HOSTILE =
  '<img src=x onerror="alert(1)"><script>alert(2)</script> \u202Egnp.exe\u202C \u001b[31mred\u001b[0m';

const BUILD = `
printf '\\033[1m> compile\\033[0m\\n'
for i in $(seq 1 60); do printf 'compiled module %03d \\033[32mok\\033[0m\\n' "$i"; done
printf '\\033[33mwarning\\033[0m: 3 deprecated calls\\n' >&2
echo '12 files, 4.1 MB'`;

const BROKEN = `
echo "fetching https://example.org/feed.json"
for i in 1 2 3; do echo "try $i: connection reset by peer" >&2; done
echo "Error: the feed could not be read" >&2
exit 3`;

const RUNS_FOR_LONG = 'i=0; while true; do i=$((i+1)); echo "frame $i rendered"; sleep 0.5; done';

/** Those that end by themselves. */
const ENDING: readonly TaskSubmission[] = [
  { id: "build-web", shell: BUILD, arm: "builds", tags: ["ci", "web"], owner: "anna" },
  { id: "fetch-feed", shell: BROKEN, tags: ["feeds"], owner: "ben", retries: 1 },
  { id: "too-slow", shell: "echo waiting for an answer; sleep 600", timeout: "700ms", tags: ["feeds"] },
  { id: "needs-too-slow", shell: "true", needs: "too-slow", tags: ["feeds"] },
  {
    name: HOSTILE.slice(0, 120),
    shell: { command: `printf '%s\\n' "$TEXT"`, env: { TEXT: HOSTILE } },
    tags: ["odd"],
    owner: "eve",
  },
  {
    id: "one-long-line",
    shell: "head -c 1000000 /dev/zero | tr '\\0' x; echo; printf 'bad \\377 utf-8\\n'",
    tags: ["odd"],
  },
  { id: "answer", shell: 'printf \'{"rows": 128, "ok": true, "by": {"eu": 70, "us": 58}}\'', tags: ["reports"] },
  {
    id: "leaves-files",
    shell: 'mkdir -p "$OCTOPUS_ARTIFACTS"; echo hi > "$OCTOPUS_ARTIFACTS/report.txt"',
    tags: ["reports"],
  },
  { id: "expires", shell: "true", arm: "paused", expiresAt: new Date(Date.now() + 300).toISOString() },
  ...Array.from({ length: 40 }, (_, i): TaskSubmission => ({
    name: `thumbnail ${i + 1}`,
    type: "thumbnail",
    shell: i % 9 === 4 ? "echo 'no such picture' >&2; exit 1" : `echo drawn; sleep 0.0${i % 7}`,
    arm: "builds",
    priority: i % 4 === 0 ? 8 : 5,
    tags: ["pictures"],
  })),
];

/** Those that stay: running, waiting for each thing that a task can wait for. */
const STAYING: readonly TaskSubmission[] = [
  { id: "render-film", shell: RUNS_FOR_LONG, tags: ["pictures"], owner: "anna", priority: 7 },
  { id: "sync-mirror", shell: "echo 'receiving objects'; sleep 3600", tags: ["mirror"], mutex: "mirror" },
  { id: "sync-again", shell: "true", tags: ["mirror"], mutex: "mirror" },
  {
    id: "train-model",
    shell: "true",
    target: { labels: "gpu == a100" },
    resources: { gpu: 1 },
    tags: ["ml"],
    owner: "carl",
  },
  { id: "after-the-film", shell: "true", needs: "render-film", tags: ["pictures"] },
  { id: "tomorrow", shell: "true", delay: "20h", tags: ["reports"] },
  { id: "tries-again", shell: "echo 'not yet' >&2; exit 1", retries: { limit: 5, delay: "10m" }, tags: ["feeds"] },
  { id: "held-by-its-arm", shell: "true", arm: "paused" },
  { id: "on-box", shell: "echo here", worker: "cellar-box", tags: ["machines"] },
];

export async function seedTasks(client: Client): Promise<void> {
  await client.configureArm("builds", { maxParallel: 2, types: ["thumbnail"] });
  await client.configureArm("paused", { enabled: false });
  await client.configureArm("gpu", { maxParallel: 1, weight: 4 });
  await client.submitMany(ENDING);
  await Promise.all(["build-web", "fetch-feed", "too-slow", "answer", "expires"].map((id) => client.waitTask(id)));
  await client.submitMany(STAYING);
  await client.submitAlone({ id: "no-longer-wanted", shell: "sleep 3600", tags: ["mirror"] });
  await client.cancelTask("no-longer-wanted", "the mirror moved");
}
