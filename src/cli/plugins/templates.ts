/** The beginnings of plugins, one for each language that people write them in. */

const PYTHON = `# /// octopus
# description: Says hello.
# actions:
#   main:
#     description: Says hello to somebody.
#     inputs:
#       type: object
#       properties:
#         name: { type: string, default: world }
#       additionalProperties: false
# ///
import octopus


def main(name="world"):
    octopus.log(f"greeting {name}")
    return {"status": "success", "message": f"Hello, {name}!"}
`;

const SCRIPT = `// /// octopus
// description: Says hello.
// actions:
//   main:
//     description: Says hello to somebody.
//     inputs:
//       type: object
//       properties:
//         name: { type: string, default: world }
//       additionalProperties: false
// ///
`;

/** The same in both languages, but for the types. */
const main = (of: (type: string) => string): string => `${SCRIPT}
/** It gets values in order, then those by name as one object where there are any, and last the context. */
export function main(...given${of(": unknown[]")})${of(": { status: string; message: string }")} {
  const [first] = given.slice(0, -1)${of(" as (string | { name?: string })[]")};
  const name = typeof first === "string" ? first : first?.name;
  return { status: "success", message: \`Hello, \${name ?? "world"}!\` };
}
`;
const TYPESCRIPT = main((type) => type);
const JAVASCRIPT = main(() => "");

/** By the ending of the file. */
export const TEMPLATES: Readonly<Record<string, string>> = {
  ".py": PYTHON,
  ".ts": TYPESCRIPT,
  ".mts": TYPESCRIPT,
  ".js": JAVASCRIPT,
  ".mjs": JAVASCRIPT,
};
