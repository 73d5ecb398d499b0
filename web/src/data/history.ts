/** What went through arms over time. It moves on even when nothing happens, so it is read once a step while it is looked at. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { client } from "./client.ts";
import { keys } from "./keys.ts";

export type Minutes = 15 | 60 | 1440;

const STEP_MS: Readonly<Record<Minutes, number>> = { 15: 10_000, 60: 60_000, 1440: 300_000 };

export function useHistory(minutes: Minutes, arm?: string) {
  return useQuery({
    queryKey: keys.history(minutes, arm),
    queryFn: () => client.history(minutes, arm),
    refetchInterval: STEP_MS[minutes],
    placeholderData: keepPreviousData,
  });
}

/** The state of the whole. Signs of life of workers are no events, so that it is read now and then. */
export function useStatus() {
  return useQuery({ queryKey: keys.status, queryFn: () => client.status(), refetchInterval: 10_000 });
}
