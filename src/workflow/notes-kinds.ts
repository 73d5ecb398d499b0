/** What is said of the keys of plugins, containers, modules and executors of one's own. */
import {
  ANY,
  anyOf,
  COUNT,
  DURATION,
  EXPRESSION,
  FLAG,
  keysOf,
  mapOf,
  type Notes,
  oneOf,
  orExpression,
  orKeys,
  SCALAR,
  type Schema,
  SIZE,
  TEXT,
} from "./note.ts";

const ENV = { about: "Its environment variables.", form: "a mapping", schema: mapOf(SCALAR) };
const OUTPUT_MAX = { about: "Output that is kept of each attempt.", form: "a size", schema: SIZE };
const GRACE = { about: "Time between TERM and KILL when it is stopped.", form: "a duration", schema: DURATION };
const STDIN = { about: "What it reads as standard input.", form: "text", schema: { type: "string" } as Schema };
const OUTPUTS = { about: "As outputs of the task.", form: "a mapping", schema: mapOf(ANY) };
const LIST: Schema = { type: "array" };
const TEXTS: Schema = { type: "array", items: SCALAR };
const REF: Schema = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_-]{0,63}(@[1-9]\\d{0,8})?$" };

const SANDBOX: Notes = {
  network: {
    about: "none: no network at all. Default: that of the worker.",
    form: "none or host",
    schema: oneOf("none", "host"),
  },
  files: {
    about: "readonly: it writes to its own folders and to `write`, nowhere else.",
    form: "readonly or host",
    schema: oneOf("readonly", "host"),
  },
  write: { about: "Folders that it may write to all the same.", form: "a list of absolute paths", schema: TEXTS },
  processes: {
    about: "own: it sees no process but its own, and all of them end with it.",
    form: "own or host",
    schema: oneOf("own", "host"),
  },
  user: {
    about: "Name or number of the user that it runs as.",
    form: "text, or a number",
    schema: anyOf(TEXT, { type: "integer" }),
  },
  memory: { about: "Most memory that each of its processes may map.", form: "a size", schema: SIZE },
  cpuTime: { about: "Most CPU time of each of its processes.", form: "a duration", schema: DURATION },
  fileSize: { about: "Largest file that it may write.", form: "a size", schema: SIZE },
  openFiles: { about: "Most files that each of its processes may have open.", form: "a number", schema: COUNT },
};

/** What the kernel keeps work from. */
export const SANDBOX_NOTE = {
  about:
    "What the kernel of its worker keeps it from; it waits for a worker that can. true: no network, a read-only file system, no other processes.",
  form: "true, or {network, files, write, processes, user, memory, cpuTime, fileSize, openFiles}",
  schema: anyOf({ const: true }, keysOf(SANDBOX)),
};

const PLUGIN: Notes = {
  name: { about: "Its name; with @3 behind it, version 3 for good.", form: "a name", schema: REF },
  action: { about: "The function of it that is called. Default: main.", form: "a name", schema: TEXT },
  args: {
    about: "Values in order. They are JSON and mean what they say.",
    form: "a list of values",
    schema: anyOf(LIST, EXPRESSION),
  },
  kwargs: { about: "Values by name.", form: "a mapping", schema: anyOf(mapOf(ANY), EXPRESSION) },
  env: ENV,
  venv: { about: "Virtual environment of the worker in which it runs.", form: "a name", schema: TEXT },
  sandbox: SANDBOX_NOTE,
  maxOutput: OUTPUT_MAX,
  grace: { ...GRACE, about: "Time between the wish to stop and the end of its process." },
};

const DOCKER: Notes = {
  image: { about: "The image.", form: "text", schema: TEXT },
  command: {
    about:
      "Text is for /bin/sh -c in the container, a list is a program and its arguments. Default: that of the image.",
    form: "text, or a list",
    schema: anyOf(TEXT, TEXTS),
  },
  entrypoint: { about: "In place of that of the image.", form: "text, or a list", schema: anyOf(TEXT, TEXTS) },
  env: { ...ENV, about: "Its environment variables, over those of the file." },
  cwd: { about: "Working folder in the container.", form: "an absolute path", schema: TEXT },
  stdin: STDIN,
  volumes: {
    about: "Folders of the worker (those that it allows), or named volumes.",
    form: "a list of HOST:CONTAINER[:ro] or NAME:CONTAINER",
    schema: { type: "array", items: TEXT, maxItems: 64 },
  },
  tmpfs: { about: "Folders in memory, with their size.", form: "a mapping of paths to sizes", schema: mapOf(SIZE) },
  network: { about: "none, bridge, host, or a network of the engine. Default: bridge.", form: "text", schema: TEXT },
  memory: { about: "More is an end by OOM.", form: "a size", schema: SIZE },
  cpus: { about: "How many cores it may use.", form: "a number", schema: { type: "number", minimum: 0.01 } },
  gpus: { about: "How many GPUs.", form: "all, or a number", schema: anyOf(oneOf("all"), COUNT) },
  user: { about: "NAME, UID or UID:GID.", form: "text, or a number", schema: anyOf(TEXT, { type: "integer" }) },
  processes: { about: "Most processes at once.", form: "a number", schema: COUNT },
  readOnly: { about: "Only its volumes can be written to.", form: "true or false", schema: FLAG },
  init: { about: "A small init is its first process, and reaps what it leaves.", form: "true or false", schema: FLAG },
  pull: {
    about: "When the image is fetched. Default: missing.",
    form: "missing, always or never",
    schema: oneOf("missing", "always", "never"),
  },
  platform: { about: "linux/arm64 and the like.", form: "text", schema: TEXT },
  maxOutput: OUTPUT_MAX,
  grace: GRACE,
  outputs: OUTPUTS,
};

const WASM: Notes = {
  module: {
    about: "Name of a plugin that is a module; with @3 behind it, version 3 for good.",
    form: "a name",
    schema: REF,
  },
  args: { about: "Its arguments.", form: "a list of texts", schema: anyOf(TEXTS, EXPRESSION) },
  env: { ...ENV, about: "Its environment variables: it has no others." },
  stdin: STDIN,
  dirs: {
    about:
      "Folders of the worker (those that it allows) by their path in the module; :ro behind one for reading alone.",
    form: "a mapping of paths to paths",
    schema: mapOf(TEXT),
  },
  memory: { about: "Most memory that it may have, from 64KiB to 4GiB.", form: "a size", schema: SIZE },
  maxOutput: OUTPUT_MAX,
  outputs: OUTPUTS,
};

export const KIND_NOTES: Notes = {
  plugin: {
    about: "Code that the server has and brings to its workers: a function of a plugin is called.",
    form: "a name, or {name, action, args, kwargs, …}",
    schema: orKeys(REF, PLUGIN, ["name"]),
    keys: PLUGIN,
    example:
      'plugin: { name: report, action: weekly, args: ["${{ tasks.fetch.outputs.rows }}"], kwargs: { draft: true } }',
  },
  docker: {
    about: "A container, on a worker where an engine answers.",
    form: "the name of an image, or {image, command, …}",
    schema: orKeys(TEXT, DOCKER, ["image"]),
    keys: DOCKER,
    example: 'docker: { image: "alpine:3", command: ./convert.sh "$OCTOPUS_PARAM_day", memory: 256MiB }',
  },
  wasm: {
    about: "A WebAssembly module with WASI. It has what it is given, and nothing else.",
    form: "a name, or {module, args, …}",
    schema: orKeys(REF, WASM, ["module"]),
    keys: WASM,
    example: 'wasm: { module: resize, args: [--width, 800], stdin: "${{ tasks.list.outputs.names }}" }',
  },
  uses: {
    about: "The name of an executor that a worker was given (--executors).",
    form: "a name",
    schema: { type: "string", pattern: "^[a-z][a-z0-9-]{0,63}$" },
    example: "uses: ssh\nwith: { host: build-1, command: make }",
  },
  with: {
    about: "What the executor of `uses` gets; its schema checks that.",
    form: "a mapping",
    schema: orExpression(mapOf(ANY)),
  },
};
