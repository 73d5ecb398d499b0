/**
 * Goal: whatever text a param, an item or an output holds, it reaches a command as it is and is never a part of one.
 * Method: values that would create a file if any of them were executed go through every place that takes values, by the command
 * line; then the file is not there, and what commands have written is what went in, byte for byte.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Place } from "./place.ts";

const place = new Place();
const bait = join(place.dir, "BAIT");
const run = `touch ${bait}`;
const VALUES: readonly string[] = [
  `$(${run})`,
  `\`${run}\``,
  `; ${run}`,
  `&& ${run}`,
  `| ${run}`,
  `\n${run}\n`,
  `"; ${run}; "`,
  `'; ${run}; '`,
  `"'; ${run}; '"$(${run})`,
  `\${X:-$(${run})}`,
  `END\n${run}\nEND`,
  `) ${run} (`,
  `\\"; ${run} #`,
  "${{ 1 + 1 }}",
  "$${{ params.text }}",
  "}} ${{ run.id",
  "' + string(1) + '",
  "name=other\nsecond<<X",
  "-n -e --help",
  "* ~ ? [a-z] {a,b} !1 %s%n",
  "  both ends  ",
  "tab\tand\r\ncarriage return",
  "æ ☃ 😀 \u202e \u001b[31m",
  "",
];

const FLOW = `
name: values
params:
  all: { type: array, items: { type: string } }
  text: { type: string }
env: { OUT: ${join(place.dir, "out")} }
tasks:
  list:
    shell: printf '%s' "$OCTOPUS_PARAM_all"
    outputs: { all: { from: stdout, type: array } }
  member:
    needs: list
    each: \${{ tasks.list.outputs.all }}
    env: { VALUE: "\${{ item }}", PART: "before \${{ item }} after" }
    shell:
      stdin: \${{ item }}
      command: |
        cat > "$OUT/stdin-$OCTOPUS_INDEX"
        printf '%s' "$OCTOPUS_ITEM" > "$OUT/item-$OCTOPUS_INDEX"
        printf '%s' "$VALUE" > "$OUT/env-$OCTOPUS_INDEX"
        test "$PART" = "before $VALUE after" || exit 1
        printf '%s' "\${{ item }}" > "$OUT/quoted-$OCTOPUS_INDEX"
        printf '%s' "\${{ tasks.list.outputs.all[index] }}" > "$OUT/named-$OCTOPUS_INDEX"
        printf '%s\\n' \${{ item }} '\${{ item }}' "$(printf '%s' "\${{ item }}")" > /dev/null
        cat <<END > /dev/null
        \${{ item }} $(printf '%s' "\${{ item }}")
        END
        { echo "value<<\${OCTOPUS_TASK_ID}-end"; printf '%s\\n' "\${{ item }}"; echo "\${OCTOPUS_TASK_ID}-end"; } >> "$OCTOPUS_OUTPUT"
    outputs: { value: string }
  axis:
    matrix: { value: "\${{ params.all }}" }
    shell: printf '%s' "$OCTOPUS_MATRIX_value" > "$OUT/axis-$OCTOPUS_INDEX"
  inner:
    each: \${{ params.all }}
    workflow: inner
    params: { text: "\${{ item }}" }
  read:
    needs: member
    each: \${{ tasks.member.outputs }}
    when: item.value == params.all[index]
    env: { VALUE: "\${{ item.value }}" }
    shell: printf '%s' "$VALUE" > "$OUT/output-$OCTOPUS_INDEX"
  one:
    shell: printf '%s' "$OCTOPUS_PARAM_text" > "$OUT/param"; printf '%s' "\${{ params.text }}" > "$OUT/expression"
    compensate: "true"
on:
  exit:
    env: { ALL: "\${{ tasks.inner.outputs.map(one, one.text) }}" }
    shell: printf '%s' "$ALL" > "$OUT/exit"
---
name: inner
params: { text: { type: string } }
tasks:
  leave:
    shell: printf '%s' "$OCTOPUS_PARAM_text" > "${join(place.dir, "inner")}-$OCTOPUS_RUN_ID"
outputs: { text: "\${{ params.text }}" }
`;

before(() => place.serve("up"));
after(() => place.close());

test("the values are what they should be: pasted into a command, they are executed", () => {
  spawnSync("sh", ["-c", `echo "${VALUES[0]}"`]);
  assert.ok(existsSync(bait));
  rmSync(bait);
});

test("values go through everything that takes them, and nothing of them is executed", async () => {
  const out = join(place.dir, "out");
  mkdirSync(out);
  const text = VALUES.join("\n");
  writeFileSync(join(place.dir, "values.yaml"), FLOW);
  writeFileSync(join(place.dir, "params.json"), JSON.stringify({ all: VALUES, text }));
  const ended = await place.run(["run", "values.yaml", "--params-file", "params.json", "-o", "json"]);
  assert.equal(ended.code, 0, ended.out + ended.err);
  assert.ok(!existsSync(bait), "nothing was executed");
  for (const [index, value] of VALUES.entries()) {
    for (const name of ["stdin", "item", "env", "quoted", "named", "axis", "output"])
      assert.equal(readFileSync(join(out, `${name}-${index}`), "utf8"), value, `${name} of ${JSON.stringify(value)}`);
  }
  for (const name of ["param", "expression"]) assert.equal(readFileSync(join(out, name), "utf8"), text);
  assert.deepEqual(JSON.parse(readFileSync(join(out, "exit"), "utf8")), VALUES);
});

test("a text that no command can be given is refused by name", async () => {
  writeFileSync(join(place.dir, "one.yaml"), "params: {text: {type: string}}\ntasks: {t: 'true'}\n");
  writeFileSync(join(place.dir, "nul.json"), JSON.stringify({ text: "a\u0000b" }));
  const ended = await place.run(["run", "one.yaml", "--params-file", "nul.json"]);
  assert.notEqual(ended.code, 0);
  assert.match(ended.out + ended.err, /params\.text must not hold a zero byte/);
});
