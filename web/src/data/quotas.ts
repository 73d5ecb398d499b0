/** Quotas: what is used of them changes with tasks, which the stream tells of, and when a period is over. */
import { useQuery } from "@tanstack/react-query";
import type { QuotaView } from "@octopus/protocol/views.ts";
import { client } from "./client.ts";
import { READ_ON_FOCUS } from "./context.tsx";
import { keys } from "./keys.ts";

export function useQuotas() {
  return useQuery({
    queryKey: keys.quotas,
    queryFn: () => client.quotas(),
    refetchInterval: ({ state: { data } }) => untilReset(data ?? []),
    ...READ_ON_FOCUS,
  });
}

/** Periods of a month are longer than a browser can wait at once. */
const WAIT_MS_MAX = 3_600_000;

/** A moment after the next period begins; none: no period is running. */
function untilReset(quotas: readonly QuotaView[]): number | false {
  const moments = quotas.flatMap(({ tasksResetAt, cpuResetAt }) =>
    [tasksResetAt, cpuResetAt].flatMap((at) => (at === undefined ? [] : [Date.parse(at)])),
  );
  return moments.length === 0 ? false : Math.min(WAIT_MS_MAX, Math.max(1000, Math.min(...moments) - Date.now() + 500));
}
