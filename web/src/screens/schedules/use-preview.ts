/** What a schedule that is being written would be: asked of the server a moment after each change. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ScheduleSubmission } from "@octopus/protocol/schedule.ts";
import { client } from "../../data/client.ts";

const PAUSE_MS = 250;

/** Only when it is due is looked at: what it does may be half written. */
export function usePreview(submission: ScheduleSubmission) {
  const { task: _, workflow: _1, ...when } = submission;
  const text = JSON.stringify({ ...when, name: when.name === "" ? "preview" : when.name, task: { type: "preview" } });
  const asked = useLater(text);
  const { data, error, isFetching } = useQuery({
    queryKey: ["preview", asked],
    queryFn: () => client.previewSchedule(JSON.parse(asked) as ScheduleSubmission),
    retry: false,
    gcTime: 60_000,
  });
  return { preview: data, error, isOld: isFetching || asked !== text };
}

function useLater(text: string): string {
  const [later, setLater] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setLater(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return later;
}
