/** The short list of routes in docs/reference/api.md, out of the OpenAPI document. */

/** The parts of an OpenAPI document that the list shows. */
export interface Description {
  paths?: Record<string, Record<string, Operation>> | undefined;
}

interface Operation {
  "x-octopus-role"?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema?: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema?: unknown }> }>;
}

const INTRODUCTION = `# HTTP API

Generated from the server's own OpenAPI 3.1 document, which it serves at \`/openapi.json\` with every schema.
Everything is under \`/api/v1\`. Errors are problem+json: see [errors](errors.md). Times are ISO 8601 in UTC; durations
in a request are whole milliseconds or text with a unit (\`30s\`). Unknown query parameters and keys are refused.

At the root: \`/livez\` (the process answers), \`/readyz\` (200 when tasks are accepted, else 503 with the reason; of a cluster \`/readyz?for=reads\` when it can be read here),
\`/healthz\` (the same with counts), \`/version\`, \`/openapi.json\`. Workers connect to \`/api/v1/worker\` by WebSocket.

Of [a namespace](../guide/namespaces.md) all of it stands below \`/ns/NAME\`: \`/ns/team-a/api/v1/tasks\`, \`/ns/team-a/readyz\`. A name
that there is not is answered with 404 \`no_namespace\`. Namespaces themselves are looked after without a prefix.

A server that others reach asks for a token: \`Authorization: Bearer octo_…\`. \`role\` is the least that a token must have; what
each may do is in [Security](../operate/security.md). Only \`/livez\` and \`/readyz\` are for everybody.
`;

/** The document as Markdown. */
export function renderApiReference(description: Description): string {
  const byTag = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(description.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? "other";
      byTag.set(tag, [...(byTag.get(tag) ?? []), renderOperation(method, path, operation)]);
    }
  }
  const sections = [...byTag].map(([tag, operations]) => `## ${tag}\n\n${operations.join("\n")}`);
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const lines = [`### ${method.toUpperCase()} ${path}`, "", `${operation.summary}.`];
  if (operation.description !== undefined) lines[2] += ` ${operation.description}`;
  lines.push("");
  const query = (operation.parameters ?? [])
    .filter((parameter) => parameter.in === "query")
    .map(({ name }) => `\`${name}\``);
  const role = operation["x-octopus-role"];
  if (role !== undefined) lines.push(`- role: ${role}`);
  if (query.length > 0) lines.push(`- query: ${query.join(", ")}`);
  const [bodyType, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (body !== undefined) lines.push(`- body: ${bodyType === "application/json" ? nameOf(body.schema) : bodyType}`);
  for (const [status, { description, content }] of Object.entries(operation.responses)) {
    const [type, answer] = Object.entries(content ?? {})[0] ?? [];
    const what =
      type === undefined || type === "application/problem+json"
        ? ""
        : type === "application/json"
          ? ` ${nameOf(answer?.schema)}`
          : ` ${type}`;
    lines.push(`- ${status}${what}: ${description}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A schema in a few words: its name, or its keys. */
function nameOf(schema: unknown): string {
  const { $ref, type, items, anyOf, properties } = schema as {
    $ref?: string;
    type?: string;
    items?: unknown;
    anyOf?: unknown[];
    properties?: Record<string, unknown>;
  };
  if ($ref !== undefined) return `\`${$ref.split("/").at(-1)}\``;
  if (anyOf !== undefined) return anyOf.map(nameOf).join(" or ");
  if (type === "array") return `list of ${nameOf(items)}`;
  if (properties !== undefined) return `\`{${Object.keys(properties).join(", ")}}\``;
  return type === "object" ? "`{}`" : (type ?? "JSON");
}
