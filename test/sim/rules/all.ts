/** The promises that the witness keeps an eye on, beside what it judges itself. */
import type { Book, Rule } from "../book.ts";
import { calendar } from "../outside.ts";
import type { World } from "../world.ts";
import { BulkRule } from "./bulks.ts";
import { CacheRule } from "./cache.ts";
import { CallbackRule } from "./callbacks.ts";
import { FairnessRule } from "./fairness.ts";
import { LimitRule } from "./limits.ts";
import { PlanRule } from "./plans.ts";
import { RateRule } from "./rates.ts";
import { ScheduleRule } from "./schedules.ts";
import { UniqueRule } from "./uniques.ts";

export function createRules(world: World, book: Book): Rule[] {
  return [
    new LimitRule(world, book),
    new RateRule(world, book),
    new UniqueRule(world, book),
    new ScheduleRule(world, book, calendar),
    new CallbackRule(world, book),
    new CacheRule(world, book),
    new BulkRule(world),
    new PlanRule(world, book),
    new FairnessRule(world, book),
  ];
}
