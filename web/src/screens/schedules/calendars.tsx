/** Calendars: days on which the schedules that name them do not fire. */
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { CalendarView } from "@octopus/protocol/schedule-views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { wordsOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { Chip } from "../../parts/chips.tsx";
import { useConfirm } from "../../parts/dialog.tsx";
import { TextArea, TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { ScheduleLink } from "../../parts/links.tsx";
import { Empty, Loading, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import styles from "./calendars.module.css";

const SHOWN = 30;

export function Calendars() {
  const { data, error, refetch } = useQuery({ queryKey: keys.calendars, queryFn: () => client.calendars() });
  const mayChange = useMay("operator");
  const [edited, setEdited] = useState<{ calendar?: CalendarView }>();
  if (data === undefined) return error === null ? <Loading /> : <Trouble error={error} retry={() => void refetch()} />;
  const add = mayChange && (
    <Button icon={<Plus aria-hidden />} onClick={() => setEdited({})}>
      New calendar
    </Button>
  );
  return (
    <div className={styles["all"]}>
      {data.length === 0 ? (
        <Panel>
          <Empty title="There are no calendars of days off">
            <p>A calendar holds holidays and the like. Schedules that name it leave these days out.</p>
            {add !== false && <p>{add}</p>}
          </Empty>
        </Panel>
      ) : (
        <>
          {add !== false && <div>{add}</div>}
          {data.map((calendar) => (
            <Calendar key={calendar.name} calendar={calendar} edit={() => setEdited({ calendar })} />
          ))}
        </>
      )}
      {edited !== undefined && <CalendarEditor {...edited} onClose={() => setEdited(undefined)} />}
    </div>
  );
}

function Calendar({ calendar: { name, days, usedBy }, edit }: { calendar: CalendarView; edit(): void }) {
  const mayChange = useMay("operator");
  const confirm = useConfirm();
  const remove = useAction({
    run: () => client.removeCalendar(name),
    done: () => `${name} is deleted`,
    stale: [keys.calendars],
  });
  const ask = async (): Promise<void> => {
    if (
      await confirm({
        title: `Delete the calendar ${name}?`,
        text: `Its ${days.length} days go.`,
        deed: "Delete calendar",
        isDanger: true,
      })
    )
      remove.run();
  };
  return (
    <Panel
      title={name}
      actions={
        mayChange && (
          <>
            <Button isSmall onClick={edit} aria-label={`Edit ${name}`}>
              Edit
            </Button>
            <Button
              isSmall
              kind="danger"
              isBusy={remove.isPending}
              disabled={usedBy.length > 0}
              title={usedBy.length > 0 ? "Schedules name it" : undefined}
              onClick={() => void ask()}
              aria-label={`Delete ${name}`}
            >
              Delete
            </Button>
          </>
        )
      }
    >
      <p className={styles["days"]}>
        {days.length === 0 && <span className={styles["hint"]}>no days</span>}
        {days.slice(0, SHOWN).map((day) => (
          <Chip key={day}>{day}</Chip>
        ))}
        {days.length > SHOWN && <span className={styles["hint"]}>and {days.length - SHOWN} more</span>}
      </p>
      <p className={styles["hint"]}>
        {usedBy.length === 0 ? "No schedule names it." : "Named by "}
        {usedBy.map((schedule, i) => (
          <span key={schedule}>
            {i > 0 && ", "}
            <ScheduleLink name={schedule} />
          </span>
        ))}
      </p>
    </Panel>
  );
}

function CalendarEditor({ calendar, onClose }: { calendar?: CalendarView; onClose(): void }) {
  const [name, setName] = useState(calendar?.name ?? "");
  const [days, setDays] = useState(calendar?.days.join("\n") ?? "");
  const save = useAction({
    run: () => client.setCalendar(name.trim(), days.split(/[\s,]+/).filter(Boolean)),
    done: (saved) => `${saved.name} has ${saved.days.length} days`,
    stale: [keys.calendars, keys.schedules, ["schedule"]],
    isQuiet: true,
    onDone: onClose,
  });
  const isNew = calendar === undefined;
  return (
    <FormDialog
      title={isNew ? "New calendar" : `Days of ${calendar.name}`}
      deed={isNew ? "Create calendar" : "Save days"}
      isBusy={save.isPending}
      isReady={name.trim() !== ""}
      onSend={() => save.run()}
      onClose={onClose}
    >
      {isNew && <TextInput label="Name" placeholder="holidays" value={name} onChange={setName} />}
      <TextArea
        label="Days"
        rows={8}
        hint="2026-12-25, each year 12-25, a range 2026-07-01/2026-07-14, a weekday sat; one a line, or with spaces"
        value={days}
        onChange={setDays}
        error={save.error === null ? undefined : wordsOf(save.error)}
      />
    </FormDialog>
  );
}
