/** What the history of arms looks like in answers: columns of numbers, the oldest first. */
import { z } from "zod";

const Column = z.array(z.number().nullable());

export const ArmHistory = z
  .object({
    /** Attempts that started, and that ended their task, in each step. */
    started: Column,
    succeeded: Column,
    failed: Column,
    /** Mean wait of those that started, from ready on; null where none did. */
    waitMs: Column,
    /** As it was at the end of the step. */
    queued: Column,
    active: Column,
  })
  .meta({ id: "ArmHistory" });
export type ArmHistory = z.infer<typeof ArmHistory>;

/** Arms that an answer does not show one by one, as if they were one. */
export const OtherArms = ArmHistory.omit({ waitMs: true }).extend({ count: z.int() }).meta({ id: "OtherArms" });
export type OtherArms = z.infer<typeof OtherArms>;

/** Null stands for what was before the server started, or before the arm was first used. */
export const HistoryView = z
  .object({
    /** Milliseconds between two points. */
    stepMs: z.int(),
    /** Epoch milliseconds of the first point. */
    from: z.int(),
    arms: z.record(z.string(), ArmHistory),
    /** Of more than 250 arms in which something happened, those that did least. */
    others: OtherArms.optional(),
  })
  .meta({ id: "History" });
export type HistoryView = z.infer<typeof HistoryView>;
