/**
 * The tests of the graph in core once more, with a database behind each turn: what a load from it gives is the state that core
 * has, and what it says of ended tasks and runs is what they ended as.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { EndedRun, EndedTask } from "../../src/core/command.ts";
import { EVENT_VERSION } from "../../src/core/event.ts";
import { checkInvariants } from "../../src/core/invariants.ts";
import { loadState } from "../../src/core/load.ts";
import { isEnded } from "../../src/base/words.ts";
import type { Journal, Library } from "../../src/engine/ports.ts";
import { memoryArtifacts } from "../../src/store/artifacts.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createJournal } from "../../src/store/journal.ts";
import { createLibrary } from "../../src/store/library.ts";
import { Harness } from "../sim/core-harness.ts";
import { GraphHarness } from "../sim/graph-harness.ts";
import { difference, snapshot } from "../sim/snapshot.ts";

/** Tasks of one state whose ends are compared after each turn; of more, every so many-th. */
const COMPARED = 20;

/** A database without tasks; to make one anew for each of some hundred harnesses would take most of the time. */
const EMPTY = openDatabase(":memory:").serialize();

interface Stored {
  journal: Journal;
  library: Library;
}
const stores = new WeakMap<Harness, Stored>();

function storeOf(core: Harness): Stored {
  let store = stores.get(core);
  if (store === undefined) {
    const db = new DatabaseSync(":memory:");
    db.deserialize(EMPTY);
    store = { journal: createJournal(db), library: createLibrary(db, memoryArtifacts()) };
    stores.set(core, store);
  }
  return store;
}

function compareState(core: Harness): void {
  const { state, now, events, leaseMs } = core;
  const { journal } = storeOf(core);
  const summary = { ...state, arms: state.armOrder, meters: state.limits.meters.changes() };
  void journal.append({ version: EVENT_VERSION, at: now, events }, summary);
  const loaded = loadState(journal.load(), now, leaseMs);
  checkInvariants(loaded);
  const options = { exact: false, now };
  const found = difference(["the journal", "core"], snapshot(loaded, options), snapshot(state, options));
  assert.equal(found, undefined);
}

function compare(core: GraphHarness): void {
  compareState(core);
  const { ledger } = core;
  const { library } = storeOf(core);
  const ended = [...ledger.tasks].filter(([, row]) => isEnded(row.state));
  const step = Math.ceil(ended.length / COMPARED);
  for (const [seq] of ended.filter((_, index) => index % step === 0)) {
    assert.deepEqual(taskText(library.endedTask(seq)!), taskText(ledger.ended(seq)));
  }
  for (const [seq, run] of ledger.runs) {
    if (run.ended !== undefined) assert.deepEqual(runText(library.endedRun(seq)!), runText(ledger.endedRun(seq)));
  }
}

/** Without what is absent in one way or another. */
function taskText({ definition, members, ...task }: EndedTask): unknown {
  const { node, hash: _, expiresAt: _at, handler: _handler, ...rest } = definition;
  const some = members?.names?.length === 0 ? { ...members, names: undefined } : members;
  return JSON.parse(JSON.stringify({ ...task, members: some, definition: { ...rest, node: node ?? {} } }));
}

function runText({ depth = 0, aside = {}, ...run }: EndedRun): unknown {
  return JSON.parse(JSON.stringify({ ...run, depth, aside }));
}

const { turn: plainTurn } = Harness.prototype;
Harness.prototype.turn = function (...commands) {
  const replies = plainTurn.apply(this, commands);
  if (!(this instanceof GraphHarness)) compareState(this);
  return replies;
};
const { turn } = GraphHarness.prototype;
GraphHarness.prototype.turn = function (...commands) {
  const replies = turn.apply(this, commands);
  compare(this);
  return replies;
};
await import("../../src/core/graph/semantics.test.ts");
await import("../../src/core/graph/containers.test.ts");
await import("../../src/core/graph/operations.test.ts");
await import("../../src/core/graph/retry.test.ts");
// Each with a database takes its time; more of them by this variable.
process.env["GRAPH_RUNS"] ??= "40";
await import("../../src/core/graph/random.test.ts");
await import("../../src/core/runs/runs.test.ts");
