/**
 * Workflows for crash-workflows.test.ts: between them they have every part of a run that a crash may hit. However often their
 * tasks are begun again, they come to the same end. `EFFECTS` stands for the file in which each attempt leaves a line.
 */

const mark = `echo "$OCTOPUS_TASK_ID $OCTOPUS_ATTEMPT" >> EFFECTS`;

/** Functions of these workflows, as the text of a module. */
export const FUNCTIONS = `
export const numbers = ({ count }) => Array.from({ length: count }, (_, n) => n);
export const double = (n) => n * 2;
export const sum = (list) => list.reduce((a, b) => a + b, 0);
`;

/** By name. What a workflow asks of the test (an approval, a cancel) follows from it. */
export const FLOWS: Readonly<Record<string, string>> = {
  data: `
name: data
tasks:
  list: { call: numbers, input: { count: 1500 } }
  work: { needs: list, each: "\${{ tasks.list.result }}", call: double, input: "\${{ item }}" }
  sum: { needs: work, call: sum, input: "\${{ tasks.work.result }}" }
  tell:
    needs: sum
    env: { SUM: "\${{ tasks.sum.result }}" }
    shell: ${mark}; echo "told=$SUM" >> "$OCTOPUS_OUTPUT"
    outputs: { told: integer }
outputs: { sum: "\${{ tasks.sum.result }}", told: "\${{ tasks.tell.outputs.told }}", of: "\${{ size(tasks.work.members) }}" }
`,
  saga: `
name: saga
tasks:
  room: { shell: ${mark}; sleep 0.05, compensate: ${mark}; sleep 0.1 }
  car: { needs: room, shell: ${mark}; sleep 0.05, compensate: { shell: ${mark}; sleep 0.1 } }
  plane: { needs: car, shell: ${mark}; sleep 0.05, compensate: ${mark}; sleep 0.1 }
  pay: { needs: plane, shell: ${mark}; exit 1, compensate: ${mark} }
  post: { needs: pay, shell: ${mark} }
on:
  success: ${mark}
  failure: { tell: ${mark}; sleep 0.05, write: ${mark}; sleep 0.05 }
  exit: ${mark}; sleep 0.05
`,
  gate: `
name: gate
tasks:
  build:
    matrix: { os: [debian, alpine], node: [24, 26] }
    shell: ${mark}; sleep 0.05; echo "$OCTOPUS_MATRIX_os" > "$OCTOPUS_ARTIFACTS/os"; echo "os=$OCTOPUS_MATRIX_os" >> "$OCTOPUS_OUTPUT"
  agree: { needs: build, approval: go on? }
  ship:
    needs: agree
    approval: really?
    artifacts: build
    shell: ${mark}; echo "files=$(cat "$OCTOPUS_INPUTS"/build/*/os | sort | tr '\\n' ' ')" >> "$OCTOPUS_OUTPUT"
  lint: { shell: ${mark}; exit 7, continueOn: [7] }
  never: { needs: lint, when: 1 > 2, shell: ${mark} }
  after: { needs: [never, ship], trigger: none_failed, shell: ${mark} }
outputs: { files: "\${{ tasks.ship.outputs.files }}", os: "\${{ tasks.build.outputs.map(one, one.os) }}" }
on: { success: ${mark} }
`,
  nest: `
name: nest
tasks:
  parts:
    each: [1, 2, 3]
    maxParallel: 2
    workflow: part
    params: { n: "\${{ item }}", deep: 2 }
outputs: { all: "\${{ tasks.parts.outputs.map(one, one.value) }}" }
---
name: part
params: { n: { type: integer }, deep: { type: integer } }
tasks:
  own: { shell: ${mark}; sleep 0.03 }
  down: { needs: own, when: params.deep > 0, workflow: part, params: { n: "\${{ params.n * 10 }}", deep: "\${{ params.deep - 1 }}" } }
  poll:
    trigger: none_failed
    needs: down
    shell: ${mark}; echo "value=$OCTOPUS_PARAM_n" >> "$OCTOPUS_OUTPUT"
    repeat: { while: attempt < 3, interval: 20ms, limit: 30 }
    outputs: { value: integer }
outputs: { value: "\${{ tasks.poll.outputs.value }}" }
`,
  stopped: `
name: stopped
tasks:
  begin: { shell: ${mark}, compensate: ${mark}; sleep 0.1 }
  stuck: { needs: begin, shell: '${mark}; exec sleep 60' }
  inner: { needs: begin, workflow: { tasks: { stuck: '${mark}; exec sleep 60' } } }
on: { cancel: ${mark}; sleep 0.05, failure: ${mark}, exit: ${mark} }
`,
  turn: `
name: turn
concurrency: { group: turns, limit: 1 }
tasks:
  many: { each: [0, 1, 2, 3], failFast: true, shell: '${mark}; sleep 0.05; test "$OCTOPUS_ITEM" != 0' }
  on: { needs: many, trigger: any_failed, shell: ${mark} }
`,
};
