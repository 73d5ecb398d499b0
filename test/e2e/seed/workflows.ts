/** Workflows and their runs: green, red, mended, in the middle of it, waiting for a person, wide. */
import type { Client } from "../../../src/client/mod.ts";

const NIGHTLY = `name: nightly-report
description: Figures of the day before, from four sources to one page.
params:
  day: { type: string, default: "2026-11-20" }
  broken: { type: boolean, default: false }
tasks:
  extract:
    each: [orders, customers, stock, returns]
    shell: echo "reading $OCTOPUS_ITEM of $OCTOPUS_PARAM_day"
  clean:
    needs: extract
    shell: echo '{"rows":1280,"dropped":3}'
  load:
    needs: clean
    shell: |
      echo "loading 1280 rows"
      if [ "$OCTOPUS_PARAM_broken" = true ]; then echo "duplicate key in orders" >&2; exit 1; fi
  check:
    needs: load
    shell: echo "sums agree"
  page:
    needs: load
    shell: echo "page written"
  announce:
    needs: [check, page]
    shell: echo "told everybody"
`;

const DEPLOY = `name: deploy
description: Builds, asks a person, puts the new version into use.
tasks:
  build: echo built
  test:
    needs: build
    matrix: { os: [debian, alpine], node: [24, 26] }
    shell: echo "$OCTOPUS_MATRIX_os with node $OCTOPUS_MATRIX_node"
  agree:
    needs: test
    approval: Put the new version into use?
  switch:
    needs: agree
    shell: echo switched
`;

const WIDE = `name: resize-pictures
params: { many: { type: integer, default: 120 } }
tasks:
  list:
    shell: seq 1 "$OCTOPUS_PARAM_many" | sed 's/.*/"picture-&"/' | paste -sd, | sed 's/.*/[&]/'
    outputs: { pictures: { from: stdout, type: array } }
  resize:
    needs: list
    each: \${{ tasks.list.outputs.pictures }}
    maxParallel: 4
    shell: echo "$OCTOPUS_ITEM"; test "$OCTOPUS_INDEX" != 77
    allowFailure: true
  album:
    needs: resize
    shell: echo done
`;

const SLOW = `name: backup
tasks:
  freeze: echo frozen
  copy: { needs: freeze, shell: "echo copying; sleep 3600" }
  verify: { needs: copy, shell: "true" }
  thaw: { needs: verify, shell: "true" }
`;

/** Runs by what they show. */
export interface SeededRuns {
  failed: string;
  asking: string;
  wide: string;
  running: string;
}

export async function seedRuns(client: Client): Promise<SeededRuns> {
  // The first has two versions: before anybody was told.
  const before = NIGHTLY.slice(0, NIGHTLY.indexOf("  announce:"));
  for (const definition of [before, NIGHTLY, DEPLOY, WIDE, SLOW]) await client.setWorkflow({ definition });
  const start = async (workflow: string, params = {}): Promise<string> =>
    (await client.submitRun({ workflow, params })).id;
  let failed = "";
  for (const [i, broken] of [false, false, true, false, false, true].entries()) {
    const id = await start("nightly-report", { day: `2026-11-${14 + i}`, broken });
    await client.waitRun(id);
    if (broken) failed = id;
  }
  const wide = await start("resize-pictures");
  await client.waitRun(wide);
  const [running, asking] = [await start("backup"), await start("deploy")];
  const cancelled = await start("backup");
  await client.cancelRun(cancelled, "started twice");
  return { failed, asking, wide, running };
}
