import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import { entriesOf, maskSecrets } from "./entries.ts";
import { KEYS } from "./keys.ts";
import { loadConfig } from "./load.ts";
import { configReference } from "./reference.ts";
import { ARM_DEFAULTS } from "./sections/arms.ts";
import { clusterDefaults } from "./sections/cluster.ts";

const root = mkdtempSync(join(tmpdir(), "octopus-config-"));
after(() => rmSync(root, { recursive: true }));
let folders = 0;

/** A fresh folder that is the root of a repository, with these files. */
function folder(files: Record<string, string> = {}): string {
  const path = join(root, String(++folders));
  mkdirSync(join(path, ".git"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

function refusal(options: Parameters<typeof loadConfig>[0]): OctopusError {
  try {
    loadConfig({ env: {}, ...options });
  } catch (error) {
    assert.ok(error instanceof OctopusError, String(error));
    assert.equal(error.code, "invalid");
    return error;
  }
  return assert.fail("accepted");
}

function valueOf(config: unknown, key: string): unknown {
  return key.split(".").reduce((at, part) => (at as Record<string, unknown>)[part], config);
}

test("defaults are complete and frozen", () => {
  const cwd = folder();
  const { config, file } = loadConfig({ cwd, env: {} });
  assert.equal(file, undefined);
  const { name, ...server } = config.server;
  assert.ok(name.length > 0);
  const where = { host: "127.0.0.1", port: 8000, url: "http://127.0.0.1:8000" };
  assert.deepEqual(server, { ...where, announce: "auto", interfaces: [] });
  for (const key of KEYS) assert.notEqual(valueOf(config, key.key), undefined, key.key);
  assert.equal(config.data.dir, join(cwd, ".octopus"));
  const day = 86_400_000;
  assert.deepEqual(config.data.keep, { count: 100_000, age: 30 * day, workers: 7 * day, deleted: 30 * day });
  assert.equal(config.logs.keep.size, 1024 ** 3);
  assert.ok(config.worker.slots >= 4);
  assert.equal(config.tasks.timeout, null);
  assert.deepEqual(config.link, { lease: 30_000, heartbeat: 5000, nats: null });
  assert.throws(() => ((config as { log: { level: string } }).log.level = "x"), TypeError);
});

test("flag over environment over file over default, and origins say so", () => {
  const cwd = folder({ "octopus.yaml": "server:\n  host: 0.0.0.0\n  port: 7001\nlog:\n  level: warn\n" });
  const env = { OCTOPUS_SERVER_PORT: "7002", OCTOPUS_LOG_LEVEL: "DEBUG", OCTOPUS_TASKS_TIMEOUT: "90s" };
  const { config, origins } = loadConfig({ cwd, env, flags: { "server.port": "7003", "log.file": undefined } });
  assert.equal(config.server.port, 7003);
  assert.equal(config.server.host, "0.0.0.0");
  assert.equal(config.server.url, "https://127.0.0.1:7003");
  assert.equal(config.log.level, "debug");
  assert.equal(config.tasks.timeout, 90_000);
  assert.equal(origins.get("server.port")?.where, "--port");
  assert.equal(origins.get("log.level")?.where, "OCTOPUS_LOG_LEVEL");
  assert.equal(origins.get("server.host")?.where, "octopus.yaml:2");
  assert.equal(origins.get("tasks.grace")?.kind, "default");
});

test("the variables of the shortest set-up work: host, port, log level", () => {
  const env = { OCTOPUS_SERVER_HOST: "::", OCTOPUS_SERVER_PORT: "9001", OCTOPUS_LOG_LEVEL: "WARNING" };
  const { config } = loadConfig({ cwd: folder(), env });
  assert.equal(config.server.url, "https://[::1]:9001");
  assert.equal(config.log.level, "warn");
});

test("the nearest file above counts, up to the root of the repository; its paths are its own", () => {
  const top = folder({ "octopus.json": '{"worker": {"functions": ["./a.ts", "/b.ts"]}}' });
  const deep = join(top, "x", "y");
  mkdirSync(deep, { recursive: true });
  const { config, file } = loadConfig({ cwd: deep, env: {} });
  assert.equal(file, join(top, "octopus.json"));
  assert.deepEqual(config.worker.functions, [join(top, "a.ts"), "/b.ts"]);
  assert.equal(config.data.dir, join(top, ".octopus"));
  const inner = join(deep, "repo");
  mkdirSync(join(inner, ".git"), { recursive: true });
  assert.equal(loadConfig({ cwd: inner, env: {} }).file, undefined);
});

test("unknown keys are errors with file, line and the nearest known key", () => {
  const cwd = folder({
    "octopus.yaml": "server:\n  prot: 1\nlogs:\n  keep:\n    aeg: 1d\nwat: 1\narms:\n  a:\n    enabeld: true\n",
  });
  const { issues } = refusal({ cwd });
  assert.deepEqual(issues, [
    { path: "octopus.yaml:2", message: "has the unknown key server.prot (did you mean server.port?)" },
    { path: "octopus.yaml:5", message: "has the unknown key logs.keep.aeg (did you mean logs.keep.age?)" },
    { path: "octopus.yaml:6", message: "has the unknown key wat; run `octopus config` for the list" },
    { path: "octopus.yaml:9", message: "has the unknown key arms.a.enabeld (did you mean arms.a.enabled?)" },
  ]);
});

test("unknown variables of a known section are errors; variables given to tasks are not ours", () => {
  const env = {
    OCTOPUS_SERVER_PROT: "1",
    OCTOPUS_DATA: "x",
    OCTOPUS_PARAM_SERVER: "1",
    OCTOPUS_TASK_ID: "t1",
    OCTOPUS_TASK_NAME: "x",
    OCTOPUS_RUN_ID: "r1",
    OCTOPUS_ATTEMPT: "1",
    OCTOPUS_ARM: "x",
    OCTOPUS_SPAWNER: "ffi",
    OCTOPUS_ARRAY_INDEX: "3",
  };
  const { issues } = refusal({ cwd: folder(), env });
  assert.deepEqual(issues, [
    { path: "OCTOPUS_SERVER_PROT", message: "is no setting (did you mean OCTOPUS_SERVER_PORT?)" },
    { path: "OCTOPUS_DATA", message: "is no setting (did you mean OCTOPUS_DATA_DIR?)" },
  ]);
});

test("wrong values name the place, what is allowed and what was seen, all at once", () => {
  const cwd = folder({ "octopus.yaml": "link:\n  lease: 30\nlog:\n  level: loud\nworker:\n  slots: [1]\n" });
  const { issues, message } = refusal({ cwd, env: { OCTOPUS_SERVER_PORT: "80x", OCTOPUS_LIMITS_BODY: "12 parsecs" } });
  assert.match(message, /octopus\.yaml:2: link\.lease must be a number with a unit .* not 30/);
  assert.match(message, /octopus\.yaml:4: log\.level must be trace, debug, .* or silent, not "loud"/);
  assert.match(message, /OCTOPUS_SERVER_PORT: must be a whole number from 0 to 65535, not "80x"/);
  assert.equal(issues.length, 5);
});

test("a file that is broken, missing, doubled or of the wrong shape is refused with its line", () => {
  assert.match(refusal({ cwd: folder({ "octopus.yaml": "a: 1\nb: [\n" }) }).message, /octopus\.yaml:\d/);
  assert.match(
    refusal({ cwd: folder({ "octopus.yaml": "log:\n  level: info\n  level: warn\n" }) }).message,
    /octopus\.yaml:3/,
  );
  assert.match(
    refusal({ cwd: folder({ "octopus.yaml": "log: 7\n" }) }).message,
    /log must hold keys with values, not 7/,
  );
  assert.match(refusal({ cwd: folder(), file: "nowhere.yaml" }).message, /nowhere\.yaml: it does not exist/);
  assert.match(
    refusal({ cwd: folder({ "octopus.yaml": "", "octopus.json": "{}" }) }).message,
    /octopus.yaml and octopus.json/,
  );
  assert.equal(loadConfig({ cwd: folder({ "octopus.yaml": "# nothing\nlog:\n" }), env: {} }).config.log.level, "info");
});

test("_FILE variables read the value from a file; OCTOPUS_LOG_FILE keeps its own meaning", () => {
  const cwd = folder({ secret: "http://me:pw@example.org:9/\n" });
  const env = { OCTOPUS_SERVER_URL_FILE: join(cwd, "secret"), OCTOPUS_LOG_FILE: "x.log" };
  const loaded = loadConfig({ cwd, env });
  assert.equal(loaded.config.server.url, "http://me:pw@example.org:9");
  assert.equal(loaded.config.log.file, join(cwd, "x.log"));
  assert.equal(entriesOf(loaded).find(({ key }) => key === "server.url")?.value, "http://me:********@example.org:9");
  assert.match(refusal({ cwd, env: { ...env, OCTOPUS_SERVER_URL: "x" } }).message, /stands beside OCTOPUS_SERVER_URL/);
  assert.match(
    refusal({ cwd, env: { OCTOPUS_SERVER_URL_FILE: "/nowhere" } }).message,
    /cannot be read: "\/nowhere" \(ENOENT\)/,
  );
});

test("arms come from the file and from variables, which find the file's spelling", () => {
  const cwd = folder({ "octopus.yaml": "arms:\n  my-Arm:\n    maxParallel: 2\n" });
  const env = { OCTOPUS_ARMS_MY_ARM_ENABLED: "no", OCTOPUS_ARMS_BUILDS_MAX_PARALLEL: "7" };
  const { config, origins } = loadConfig({ cwd, env });
  assert.deepEqual(config.arms, {
    "my-Arm": { ...ARM_DEFAULTS, enabled: false, maxParallel: 2 },
    builds: { ...ARM_DEFAULTS, maxParallel: 7 },
  });
  assert.equal(origins.get("arms.builds.maxParallel")?.where, "OCTOPUS_ARMS_BUILDS_MAX_PARALLEL");
  const bad = folder({ "octopus.yaml": 'arms:\n  "9 lives": {enabled: true}\n  __proto__: {enabled: false}\n' });
  assert.equal(refusal({ cwd: bad }).issues.length, 2);
});

test("settings that contradict each other are refused", () => {
  const env = { OCTOPUS_LINK_LEASE: "6s" };
  assert.match(
    refusal({ cwd: folder(), env }).message,
    /link\.lease \(6000 ms\) must be at least twice link\.heartbeat/,
  );
});

test("secrets are masked, and the rows show units", () => {
  assert.equal(maskSecrets("https://a:b@c/d"), "https://a:********@c/d");
  assert.equal(maskSecrets("redis://a:b@c@d/0,redis://e:f@g"), "redis://a:********@d/0,redis://e:********@g");
  assert.equal(
    maskSecrets("nats://token@h https://token@h/p ssh://git@h"),
    "nats://********@h https://********@h/p ssh://git@h",
  );
  const rows = new Map(entriesOf(loadConfig({ cwd: folder(), env: {} })).map(({ key, value }) => [key, value]));
  assert.equal(rows.get("limits.body"), "64MiB");
  assert.equal(rows.get("link.lease"), "30s");
  assert.equal(rows.get("tasks.timeout"), "none");
});

test("an arm's limits are read from a file and from variables, and shown as they are written", () => {
  const cwd = folder({
    "octopus.yaml":
      "arms:\n  builds:\n    rate: { limit: 10, per: 1m, burst: 3 }\n    weight: 5\n    aging: 5m\n" +
      "    types: [compile, lint]\n    handler: build\n    retries: 2\n",
  });
  const env = {
    OCTOPUS_ARMS_SLOW_RATE: "100/1s",
    OCTOPUS_ARMS_SLOW_MAX_QUEUED: "50",
    OCTOPUS_ARMS_SLOW_DRAINING: "yes",
  };
  const loaded = loadConfig({ cwd, env });
  const { builds, slow } = loaded.config.arms;
  assert.deepEqual(builds?.rate, { limit: 10, perMs: 60_000, burst: 3 });
  assert.deepEqual([builds?.weight, builds?.aging, builds?.retries, builds?.timeout], [5, 300_000, 2, null]);
  assert.deepEqual([builds?.types, builds?.handler], [["compile", "lint"], "build"]);
  assert.deepEqual(slow?.rate, { limit: 100, perMs: 1000, burst: 100 });
  assert.deepEqual([slow?.maxQueued, slow?.draining, slow?.types], [50, true, null]);
  const rows = new Map(entriesOf(loaded).map(({ key, value }) => [key, value]));
  assert.equal(rows.get("arms.builds.rate"), "10/1m/3");
  assert.equal(rows.get("arms.slow.rate"), "100/1s");
  assert.equal(rows.get("arms.builds.aging"), "5m");
  for (const rate of ["10", "0/1s", "10/0s", "10/1s/2/3", "x/1s", "10/5"]) {
    const { message } = refusal({ cwd: folder(), env: { OCTOPUS_ARMS_A_RATE: rate } });
    assert.match(message, /OCTOPUS_ARMS_A_RATE: must be a rate such as 10\/1s/, rate);
  }
  assert.match(
    refusal({ cwd: folder(), env: { OCTOPUS_ARMS_A_WEIGHT: "0" } }).message,
    /a whole number from 1 to 1000, not "0"/,
  );
  assert.match(refusal({ cwd: folder(), env: { OCTOPUS_ARMS_A_TYPES: "a b" } }).message, /must be a list of names/);
});

test("secrets come from variables and from files, and are never shown", () => {
  const file = join(folder({ secret: "from a file\n" }), "secret");
  const cwd = folder({ "octopus.yaml": "callbacks:\n  secrets:\n    Billing.eu: from-the-file\n    other: x\n" });
  const env = {
    OCTOPUS_CALLBACKS_SECRET_FILE: file,
    OCTOPUS_CALLBACKS_SECRETS_BILLING_EU: "from-a-variable",
    OCTOPUS_CALLBACKS_SECRETS_OPS_FILE: file,
  };
  const loaded = loadConfig({ cwd, env });
  assert.equal(loaded.config.callbacks.secret, "from a file");
  assert.deepEqual(loaded.config.callbacks.secrets, {
    "Billing.eu": "from-a-variable",
    other: "x",
    ops: "from a file",
  });
  const rows = entriesOf(loaded).filter(({ key }) => key.startsWith("callbacks."));
  assert.equal(rows.length, 4);
  assert.deepEqual([...new Set(rows.map(({ value }) => value))], ["********"]);
  assert.equal(loadConfig({ cwd: folder(), env: {} }).config.callbacks.secret, null);
  assert.deepEqual(loadConfig({ cwd: folder(), env: {} }).config.callbacks.secrets, {});
  const { message } = refusal({
    cwd: folder({ "octopus.yaml": "callbacks:\n  secrets:\n    a: [hidden]\n    1b: hidden\n" }),
  });
  assert.doesNotMatch(message, /hidden/);
  assert.match(message, /octopus.yaml:3: callbacks.secrets.a must be a text, not what was given/);
  assert.match(message, /octopus.yaml:4: callbacks.secrets has the name "1b"/);
  assert.match(refusal({ cwd: folder({ "octopus.yaml": "callbacks:\n  secretz: {a: b}\n" }) }).message, /did you mean/);
});

test("resources and the zone are the machine's until somebody says otherwise", () => {
  const { config } = loadConfig({ cwd: folder(), env: {} });
  assert.ok(config.worker.resources.amounts["cpu"]! >= 1000 && config.worker.resources.amounts["memory"]! > 1e9);
  assert.equal(config.schedules.zone, Intl.DateTimeFormat().resolvedOptions().timeZone);
  const env = { OCTOPUS_WORKER_RESOURCES: "cpu=0.5, memory=8GiB,gpu=1", OCTOPUS_SCHEDULES_ZONE: "Europe/Berlin" };
  const said = loadConfig({ cwd: folder(), env });
  assert.deepEqual(said.config.worker.resources.amounts, { cpu: 500, memory: 8 * 1024 ** 3 * 1000, gpu: 1000 });
  assert.deepEqual(said.config.worker.resources.units, { gpu: ["0"] });
  assert.equal(said.config.schedules.zone, "Europe/Berlin");
  assert.ok(entriesOf(said).some(({ value }) => value === `cpu=0.5,memory=${8 * 1024 ** 3},gpu=[0]`));
  const file = folder({ "octopus.yaml": "worker:\n  resources: { cpu: 2, disk: 10GB }\n" });
  assert.deepEqual(loadConfig({ cwd: file, env: {} }).config.worker.resources.amounts, { cpu: 2000, disk: 1e13 });
  for (const resources of [
    ...["cpu", "cpu=-1", "cpu=0", "=1", "cpu=much", "a b=1"],
    ...["gpu=0.5", "gpu=[]", "gpu=[0", "gpu=[0,0]", "gpu=[a b]", "gpu=65", "gpu=[0,[1]]"],
  ]) {
    const { message } = refusal({ cwd: folder(), env: { OCTOPUS_WORKER_RESOURCES: resources } });
    assert.match(message, /OCTOPUS_WORKER_RESOURCES: must be amounts by name/, resources);
  }
  assert.match(
    refusal({ cwd: folder(), env: { OCTOPUS_SCHEDULES_ZONE: "Mars/Olympus" } }).message,
    /an IANA time zone/,
  );
});

test("units that are told apart are read from text and from a file, and shown as they are written", () => {
  const env = { OCTOPUS_WORKER_RESOURCES: "gpu=[0, 2],license=[a,b],cpu=2" };
  const said = loadConfig({ cwd: folder(), env });
  const wanted = {
    amounts: { gpu: 2000, license: 2000, cpu: 2000 },
    units: { gpu: ["0", "2"], license: ["a", "b"] },
  };
  assert.deepEqual(said.config.worker.resources, wanted);
  assert.ok(entriesOf(said).some(({ value }) => value === "gpu=[0,2],license=[a,b],cpu=2"));
  const text = "worker:\n  resources: { gpu: [0, 2], license: [a, b], cpu: 2 }\n";
  assert.deepEqual(loadConfig({ cwd: folder({ "octopus.yaml": text }), env: {} }).config.worker.resources, wanted);
  const counted = loadConfig({ cwd: folder(), env: { OCTOPUS_WORKER_RESOURCES: "gpu=3" } }).config.worker.resources;
  assert.deepEqual(counted, { amounts: { gpu: 3000 }, units: { gpu: ["0", "1", "2"] } });
});

test("pools come from the file and from variables, like arms", () => {
  const cwd = folder({
    "octopus.yaml":
      "pools:\n  GPU-box:\n    labels: { gpu: a100, spot: true }\n    max: 4\n    resources: { gpu: 2 }\n" +
      "    scaleUp: ./up.sh\n",
  });
  const env = { OCTOPUS_POOLS_GPU_BOX_MIN: "1", OCTOPUS_POOLS_SMALL_WAIT: "10s", OCTOPUS_POOLS_SMALL_LABELS: "a=b,c" };
  const loaded = loadConfig({ cwd, env });
  const { "GPU-box": box, small } = loaded.config.pools;
  assert.deepEqual(box?.labels, { gpu: "a100", spot: "true" });
  assert.deepEqual([box?.min, box?.max, box?.scaleUp, box?.scaleDown], [1, 4, "./up.sh", null]);
  assert.deepEqual(box?.resources, { amounts: { gpu: 2000 }, units: { gpu: ["0", "1"] } });
  assert.deepEqual([small?.wait, small?.max, small?.labels], [10_000, 1, { a: "b", c: "true" }]);
  assert.ok(small!.slots >= 4);
  const rows = new Map(entriesOf(loaded).map(({ key, value }) => [key, value]));
  assert.equal(rows.get("pools.GPU-box.labels"), "gpu=a100,spot=true");
  assert.equal(rows.get("pools.small.wait"), "10s");
  assert.equal(rows.get("pools.small.labels"), "a=b,c=true");
  assert.equal(loaded.origins.get("pools.small.wait")?.where, "OCTOPUS_POOLS_SMALL_WAIT");
  const bad = folder({ "octopus.yaml": "pools:\n  a:\n    mni: 1\n  b: { min: 2 }\n" });
  assert.match(refusal({ cwd: bad }).message, /unknown key pools\.a\.mni \(did you mean pools\.a\.min\?\)/);
  const many = folder({ "octopus.yaml": "pools:\n  b: { min: 2 }\ntls: { key: k.pem }\n" });
  assert.match(refusal({ cwd: many }).message, /pools\.b\.min \(2\) must be at most its max \(1\)/);
  const loose = { OCTOPUS_POOLS_A_SCALE_UP: "x", OCTOPUS_POOLS_B_LABELS: "z=1", OCTOPUS_POOLS_C_LABELS: "z=1" };
  const { message } = refusal({ cwd: folder(), env: loose });
  assert.match(message, /pools\.a\.labels must name at least one label when the pool has a command/);
  assert.match(message, /pools\.c\.labels are those of the pool b/);
  assert.match(refusal({ cwd: many }).message, /tls\.key is of no use without tls\.cert/);
});

test("a namespace has arms and the like of its own, and of the rest what it says, or else the top", () => {
  const text = `
arms: { builds: { maxParallel: 2 } }
plugins: { dir: ours, keep: 5 }
tasks: { retries: 3 }
policy: { mode: enforce }
callbacks: { secrets: { billing: shh } }
namespaces:
  team-a:
    arms: { gpu: { maxParallel: 1 } }
    tasks: { timeout: 1m }
    plugins: { dir: theirs }
    data: { keep: { count: 10 } }
    triggers: { push: { webhook: { verify: none }, task: { shell: "true" } } }
  team-b:
`;
  const cwd = folder({ "octopus.yaml": text });
  const loaded = loadConfig({ cwd, env: {} });
  assert.deepEqual(Object.keys(loaded.config.namespaces), ["team-a", "team-b"]);
  const { "team-a": a, "team-b": b } = loaded.config.namespaces;
  assert.deepEqual(Object.keys(loaded.config.arms), ["builds"]);
  assert.deepEqual([Object.keys(a!.arms), Object.keys(b!.arms)], [["gpu"], []]);
  assert.deepEqual([a!.tasks, b!.tasks.retries], [{ timeout: 60_000, retries: 3, grace: 5000 }, 3]);
  assert.deepEqual([a!.plugins.dir, a!.plugins.keep, b!.plugins.dir], [join(cwd, "theirs"), 5, null]);
  assert.deepEqual([a!.data.keep.count, b!.data.keep.count], [10, 100_000]);
  assert.deepEqual([b!.policy.mode, b!.callbacks.secrets], ["enforce", { billing: "shh" }]);
  assert.deepEqual([Object.keys(a!.triggers), Object.keys(loaded.config.triggers)], [["push"], []]);
  const rows = new Map(entriesOf(loaded).map((row) => [row.key, row]));
  assert.deepEqual(rows.get("namespaces.team-a.tasks.timeout"), {
    ...{ key: "namespaces.team-a.tasks.timeout", value: "1m", origin: "octopus.yaml:10" },
  });
  assert.equal(rows.has("namespaces.team-a.tasks.retries"), false);
  const bad = "namespaces:\n  a: { tasks: { retreis: 1 }, server: { port: 1 }, arms: { b: { weight: 0 } } }\n";
  const { message } = refusal({
    cwd: folder({ "octopus.yaml": bad }),
    env: { OCTOPUS_NAMESPACES_A_TASKS_RETRIES: "1" },
  });
  assert.match(message, /unknown key namespaces\.a\.tasks\.retreis \(did you mean namespaces\.a\.tasks\.retries\?\)/);
  assert.match(message, /namespaces\.a\.server, and server is the server's, not a namespace's/);
  assert.match(message, /octopus\.yaml:2: arms\.b\.weight must be a whole number/);
  assert.match(message, /OCTOPUS_NAMESPACES_A_TASKS_RETRIES: is no setting/);
});

test("what is said of a worker twice, or would be lost in silence, is refused", () => {
  const said = (key: string, value: string): string => refusal({ cwd: folder(), env: { [key]: value } }).message;
  for (const labels of ["a=b=c", "zone=attic,zone=cellar"])
    assert.match(said("OCTOPUS_WORKER_LABELS", labels), /LABELS: must be labels such as .*each once/);
  for (const resources of ["cpu=4=5", "cpu=4,cpu=5"])
    assert.match(said("OCTOPUS_WORKER_RESOURCES", resources), /RESOURCES: must be amounts by name/);
  for (const url of ["htp:/x", "https:/box", "ftp://box"])
    assert.match(said("OCTOPUS_SERVER_URL", url), /URL: must be an address such as http/);
  for (const name of ["ALL", "anyone"])
    assert.match(said("OCTOPUS_WORKER_NAME", name), /NAME: must be .*, and is neither ALL nor Anyone/);
});

test("adapters have a plugin and settings; what these are is shown to nobody", () => {
  const yaml =
    "adapters:\n  alerts:\n    plugin: alert\n    with: { webhook: { url: { env: HOOK } } }\n  Builds: { plugin: git_push }\n";
  const env = { OCTOPUS_ADAPTERS_BUILDS_WITH: '{"depth": 1}' };
  const loaded = loadConfig({ cwd: folder({ "octopus.yaml": yaml }), env });
  assert.equal(
    JSON.stringify(loaded.config.adapters),
    '{"alerts":{"plugin":"alert","with":{"webhook":{"url":{"env":"HOOK"}}}},"Builds":{"plugin":"git_push","with":{"depth":1}}}',
  );
  assert.equal(entriesOf(loaded).find(({ key }) => key === "adapters.alerts.with")?.value, "********");
  const named = folder({ "octopus.yaml": "adapters:\n  my-alerts: { plugin: alert }\n" });
  assert.match(refusal({ cwd: named }).message, /"my-alerts"; programs call it by that/);
  const list = folder({ "octopus.yaml": "adapters:\n  alerts: { with: [1] }\n" });
  assert.match(refusal({ cwd: list }).message, /alerts\.with must be a mapping .*, not what was given/);
});

test("docs/reference/config.md is fresh (else: node scripts/write-reference.ts)", () => {
  const path = join(import.meta.dirname, "../../docs/reference/config.md");
  assert.equal(readFileSync(path, "utf8"), configReference());
});

test("a server is called as its host is, and long names of hosts that begin alike stay apart", () => {
  const nameOf = (hostname: string) => clusterDefaults(hostname)["cluster.server"];
  assert.deepEqual([nameOf("box1.example.com"), nameOf("-"), nameOf("")], ["box1-example-com", "server", "server"]);
  const names = [0, 1].map((n) => nameOf(`octopus-production-server-statefulset-${n}`));
  assert.match(names.join(), /^octopus-production-serv-[0-9a-f]{8},octopus-production-serv-[0-9a-f]{8}$/);
  assert.notEqual(names[0], names[1]);
});
