/** Writes docs/reference/config.md from the schema, so that the page cannot differ from the program. */
import { KEYS, type Key, namedKeys, NAMED_SECTIONS, secretKey } from "./keys.ts";
import { FILE_NAMES } from "./read-file.ts";

/** The whole page. */
export function configReference(): string {
  return `# Configuration

<!-- Generated from src/config/schema.ts by scripts/write-reference.ts; do not edit. -->

A setting is looked for in this order, and the first place that names it wins:

1. a flag of the command, such as \`--port 9000\`;
2. an environment variable, such as \`OCTOPUS_SERVER_PORT=9000\`;
3. a file: ${FILE_NAMES.map((name) => `\`${name}\``).join(", ")} in the current folder or the nearest one above it, up to
   the root of the repository, or the file named by \`--config\`;
4. the default.

\`octopus config\` prints every setting with its value and where the value was said. Unknown keys and unknown variables are
errors that name the nearest known one.

For every variable there is one with \`_FILE\` added that names a file to read the value from, for example
\`OCTOPUS_SERVER_URL_FILE=/run/secrets/url\`. Only a variable that already exists under such a name, \`OCTOPUS_LOG_FILE\`,
keeps its own meaning.

Durations are a number with a unit (\`500ms\`, \`90s\`, \`1h30m\`, \`30d\`), sizes a number of bytes or a number with a unit
(\`256KiB\`, \`1GiB\`). Lists stand between commas in a variable. Relative paths are read from the folder of the file that
names them, or from the current folder.

\`\`\`yaml
# octopus.yaml
server:
  port: 8000
worker:
  slots: 8
  functions: [./functions.ts]
arms:
  builds: { maxParallel: 2, rate: 10/1m }
\`\`\`

| key | variable | default | meaning |
| --- | --- | --- | --- |
${[...KEYS, secretKey(), ...NAMED_SECTIONS.flatMap((section) => namedKeys(section))].map(row).join("\n")}

In the variable of an arm's setting the arm's name stands in upper case, with \`_\` for every other sign:
\`OCTOPUS_ARMS_BUILDS_MAX_PARALLEL=2\`. It means the arm of that name in the file, or else the name in lower case. The same
holds for a pool, \`OCTOPUS_POOLS_GPU_MAX=4\`, and for a named secret: \`OCTOPUS_CALLBACKS_SECRETS_BILLING\`, or with \`_FILE\` the path of a file that holds it.

Settings of a namespace other than \`default\` stand in the file, below \`namespaces\`: what begins with \`arms\`, \`pools\`,
\`adapters\`, \`triggers\`, \`plugins\`, \`placement\`, \`tasks\`, \`schedules\`, \`callbacks\`, \`policy\`, \`data.keep\` (but \`data.keep.deleted\`)
or \`logs\`, written as at the top. Arms, pools, adapters, triggers and \`plugins.dir\` at the top are of \`default\` alone; the
rest of what stands at the top holds for a namespace that says nothing else. A namespace that is named here is made at the
start, when there is none of that name.

\`\`\`yaml
namespaces:
  team-a:
    arms:
      builds: { maxParallel: 2 }
    tasks: { retries: 1 }
  team-b: {}
\`\`\`

At start the settings of an arm that is named here win over what was set by hand before; \`none\` is what the arm has by
itself.
`;
}

function row({ key, variable, about }: Key): string {
  return `| \`${key}\` | \`${variable}\` | ${about.shown} | ${about.description} |`;
}
