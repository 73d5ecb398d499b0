/** The name of the workflow in the address. */
import { useParams } from "@tanstack/react-router";

export function useWorkflowName(): string {
  const { name = "" } = useParams({ strict: false });
  return name;
}
