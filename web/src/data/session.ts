/** Who is signed in, and what they may do. */
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { OctopusError } from "@octopus/base/errors.ts";
import type { AccessRole } from "@octopus/base/words.ts";
import { client } from "./client.ts";
import { keys } from "./keys.ts";

/** Each role may do what those before it may. Workers have a role of their own, and no screen. */
const ORDER: readonly AccessRole[] = ["viewer", "submitter", "operator", "admin"];

const sessionQuery = {
  queryKey: keys.session,
  queryFn: () => client.session(),
  staleTime: 60_000,
  retry: false,
} as const;

/** `isRefused`: a token is needed. `isGone`: there is no such namespace. */
export function useSignedIn() {
  const { data, error, isPending, refetch } = useQuery(sessionQuery);
  const isGone = error instanceof OctopusError && error.code === "no_namespace";
  const isRefused = error instanceof OctopusError && (error.code === "unauthorized" || error.code === "forbidden");
  return { session: data, isPending, isRefused, isGone, error: isRefused ? null : error, refetch };
}

export function useSession() {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether the one who is signed in may do what needs this role. What they may not do is not offered. */
export function useMay(role: AccessRole): boolean {
  return ORDER.indexOf(useSession().role as AccessRole) >= ORDER.indexOf(role);
}
