/** Pages of lists that are whole in memory and known by their names: all at once unless a page is asked for. */
import { z } from "@hono/zod-openapi";
import { wholeNumber } from "./queries.ts";

/** More than lists that come from the database give: these are small. */
const PAGE_MAX = 10_000;
const NAME_MAX = 1000;

/** What a page of such a list is asked for by. */
export const PageByName = {
  limit: wholeNumber(1, PAGE_MAX).optional(),
  /** What a page before gave as `next`. */
  after: z.string().min(1).max(NAME_MAX).optional(),
};

export function pageByName<T extends { name: string }>(
  items: readonly T[],
  { limit, after }: { limit?: number | undefined; after?: string | undefined },
): { items: readonly T[]; next?: string } {
  if (limit === undefined && after === undefined) return { items };
  const rest = items
    .filter(({ name }) => after === undefined || name > after)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = rest.slice(0, limit);
  return { items: page, ...(page.length < rest.length && { next: page.at(-1)!.name }) };
}
