/** One sentence: is everything all right? Beneath it, all else that wants somebody to look, each a way to where it is mended. */
import { Link } from "@tanstack/react-router";
import type { Page, StatusView, TaskView } from "@octopus/protocol/views.ts";
import { type HealthNote, healthOf } from "@octopus/view/health.ts";
import { useNow } from "../../app/now.ts";
import { VerdictBox } from "../../parts/verdict-box.tsx";

const MORE_MAX = 6;

export function Verdict({ status, dead }: { status: StatusView; dead: Page<TaskView> | undefined }) {
  const now = useNow();
  const { tone, sentence, notes } = healthOf({
    status,
    dead: dead?.items.length ?? 0,
    isMoreDead: dead?.next !== undefined,
    now,
  });
  const [first, ...others] = notes;
  return (
    <VerdictBox
      tone={tone}
      label="Is everything all right?"
      sentence={first === undefined ? sentence : <Note note={first} />}
      notes={others.slice(0, MORE_MAX).map((note) => ({
        ...{ key: note.text, tone: note.tone, content: <Note note={note} /> },
      }))}
      more={others.length - MORE_MAX}
    />
  );
}

function Note({ note: { text, place } }: { note: HealthNote }) {
  if (place === undefined) return text;
  switch (place.of) {
    case "arm":
      return (
        <Link to="/arms/$name" params={{ name: place.name }}>
          {text}
        </Link>
      );
    case "worker":
      return (
        <Link to="/workers/$name" params={{ name: place.name }}>
          {text}
        </Link>
      );
    case "queued":
      return (
        <Link to="/tasks" search={{ q: "state:queued" } as never}>
          {text}
        </Link>
      );
    default:
      return <Link to={`/${place.of}`}>{text}</Link>;
  }
}
