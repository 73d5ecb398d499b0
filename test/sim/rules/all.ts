/** The promises that the witness keeps an eye on, beside what it judges itself. */
import type { Book, Rule } from "../book.ts";
import { calendar } from "../outside.ts";
import { GraphBook } from "../graph-book.ts";
import type { World } from "../world.ts";
import { AllWorkersRule } from "./all-workers.ts";
import { ApprovalRule } from "./approvals.ts";
import { BulkRule } from "./bulks.ts";
import { CacheRule } from "./cache.ts";
import { CallbackRule } from "./callbacks.ts";
import { ChoiceRule } from "./choices.ts";
import { ContainerRule } from "./containers.ts";
import { DrainRule } from "./drains.ts";
import { FairnessRule } from "./fairness.ts";
import { HaltRule } from "./halts.ts";
import { LimitRule } from "./limits.ts";
import { OutcomeRule } from "./outcomes.ts";
import { PhaseRule } from "./phases.ts";
import { PlacementRule } from "./placement.ts";
import { PlanRule } from "./plans.ts";
import { RateRule } from "./rates.ts";
import { ReservationRule } from "./reservations.ts";
import { ScheduleRule } from "./schedules.ts";
import { TriggerRule } from "./triggers.ts";
import { UniqueRule } from "./uniques.ts";

export function createRules(world: World, book: Book): Rule[] {
  const graph = new GraphBook();
  return [
    new LimitRule(world, book),
    new PlacementRule(world, book),
    new DrainRule(world, book),
    new ChoiceRule(world),
    new ReservationRule(world),
    new AllWorkersRule(world, book),
    new RateRule(world, book),
    new UniqueRule(world, book),
    new ScheduleRule(world, book, calendar),
    new CallbackRule(world, book),
    new CacheRule(world, book),
    new BulkRule(world),
    new PlanRule(world, book),
    new FairnessRule(world, book),
    new TriggerRule(world, graph),
    new HaltRule(world, graph),
    new ContainerRule(world, graph),
    new PhaseRule(world, graph),
    new ApprovalRule(world, graph),
    new OutcomeRule(world, graph),
    // Last: these judge each event by what was before it.
    { judge: (event) => graph.take(event) },
  ];
}
