/**
 * What every backend of a cluster owes it (`src/cluster/ports.ts`), as tests that each implementation runs against itself. They
 * take nothing for granted about time: they wait for what must come.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ClusterBackend } from "../../src/cluster/ports.ts";
import { testBus } from "./cluster-bus.ts";
import { testLog, testRemoval, testSeat } from "./cluster-log.ts";
import type { Backends } from "./cluster-parts.ts";
import { testObjects, testOutput, testValues } from "./cluster-shares.ts";
import { SUITE_MS_MAX } from "../machine.ts";

/** Servers of one cluster, as many as a test wants. */
export interface BackendsUnderTest {
  connect(server: string): Promise<ClusterBackend>;
  dispose(): Promise<void>;
}

export interface SuiteOptions {
  /** Why it is not run here. */
  skip?: string | undefined;
  /** Only what a backend's own copies could get wrong: log, seat, objects. */
  onlyDurable?: boolean;
}

export function testBackend(name: string, open: () => Promise<BackendsUnderTest>, options: SuiteOptions = {}): void {
  describe(`cluster backend: ${name}`, { skip: options.skip ?? false, timeout: SUITE_MS_MAX }, () => {
    let under: BackendsUnderTest;
    const two = {} as Backends;
    before(async () => {
      under = await open();
      two.a = await under.connect("a");
      two.b = await under.connect("b");
    });
    after(async () => {
      await two.a?.close();
      await two.b?.close();
      await under?.dispose();
    });
    testLog(two);
    testSeat(two);
    testObjects(two);
    if (options.onlyDurable === true) return;
    testRemoval(two);
    testValues(two);
    testOutput(two);
    testBus(two);
    test("says what it is", async () => {
      const view = await two.a.view();
      assert.ok(view.version !== "" && view.durability !== "" && view.address !== "", JSON.stringify(view));
    });
  });
}
