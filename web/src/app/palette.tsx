/**
 * Search and commands: everything by its id, name, tag or text, and every place, from the keyboard. What is short is read
 * once and matched here; tasks and runs are asked for while somebody types.
 */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import {
  Clock,
  FileSearch,
  Keyboard,
  Layers,
  ListPlus,
  type LucideIcon,
  Moon,
  Search,
  Server,
  Workflow,
} from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type KeyboardEvent, type ReactNode, useDeferredValue, useEffect, useRef, useState } from "react";
import { matchesWords } from "@octopus/view/match-words.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { client } from "../data/client.ts";
import { namespace } from "../data/here.ts";
import { keys } from "../data/keys.ts";
import { pageIn, useNamespaces } from "../data/namespaces.ts";
import { useMay } from "../data/session.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { choose, useChoices } from "./choices.ts";
import { PALETTE_HINT } from "./palette-opens.tsx";
import { recentThings } from "./recent.ts";
import { PLACES, usePlaces } from "./places.ts";
import { useSettled } from "./settled.ts";
import styles from "./palette.module.css";

const FOUND_MAX = 8;
const PAUSE_MS = 150;

interface Entry {
  id: string;
  name: string;
  sign: ReactNode;
  hint?: string | undefined;
  run(): void;
}

interface PaletteProps {
  /** What was typed before it was there. */
  begun: string;
  onClose(): void;
  onHelp(): void;
}

export function Palette({ begun, onClose, onHelp }: PaletteProps) {
  const [text, setText] = useState(begun);
  const words = useDeferredValue(text.trim());
  const places = useCommands(onHelp).filter(({ name, hint }) => matchesWords(words, `${name} ${hint ?? ""}`));
  const things = useThings(words);
  const found = useFound(words);
  const recent = useRecent();
  const all = [...(words === "" ? recent : []), ...found.entries, ...things, ...places, ...found.inTexts];
  // What Enter takes: what was moved to, or the first when that is not there any more.
  const [chosen, setChosen] = useState("");
  const value = all.some(({ id }) => id === chosen) ? chosen : (all[0]?.id ?? "");
  const pick = (entry: Entry): void => {
    onClose();
    entry.run();
  };
  // Enter is about what was typed: it waits for that list, unless somebody has moved to a line of the one that is shown.
  const [isEnterDue, setEnterDue] = useState(false);
  const isMoved = useRef(false);
  const isOld = words !== text.trim() || found.isBusy;
  const due = isEnterDue && !isOld ? all.find(({ id }) => id === value) : undefined;
  useEffect(() => {
    if (due === undefined) return;
    onClose();
    due.run();
  }, [due, onClose]);
  const type = (typed: string): void => {
    isMoved.current = false;
    setEnterDue(false);
    setText(typed);
  };
  const key = (event: KeyboardEvent): void => {
    if (/^(Arrow|Home|End)/.test(event.key)) isMoved.current = true;
    if (event.key !== "Enter" || !isOld || isMoved.current) return;
    event.preventDefault();
    setEnterDue(true);
  };
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles["veil"]} />
        <Radix.Content className={styles["palette"]} aria-describedby={undefined}>
          <Radix.Title className="visually-hidden">Search and commands</Radix.Title>
          <Command
            shouldFilter={false}
            loop
            label="Search and commands"
            value={value}
            onValueChange={setChosen}
            onKeyDown={key}
          >
            <div className={styles["head"]}>
              <Search aria-hidden />
              <Command.Input
                autoFocus
                value={text}
                onValueChange={type}
                placeholder={PALETTE_HINT}
                className={styles["input"]}
              />
            </div>
            <Command.List className={styles["list"]}>
              <Command.Empty className={styles["none"]}>
                {found.isBusy ? "Looking …" : `Nothing is called “${words}”.`}
              </Command.Empty>
              {words === "" && <Group name="Seen last" entries={recent} onPick={pick} />}
              <Group name="Tasks and runs" entries={found.entries} onPick={pick} />
              <Group name="Things" entries={things} onPick={pick} />
              <Group name="Places and commands" entries={places} onPick={pick} />
              <Group name="In texts" entries={found.inTexts} onPick={pick} />
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Group({ name, entries, onPick }: { name: string; entries: readonly Entry[]; onPick(entry: Entry): void }) {
  if (entries.length === 0) return null;
  return (
    <Command.Group heading={name} className={styles["group"]}>
      {entries.map((entry) => (
        <Command.Item key={entry.id} value={entry.id} onSelect={() => onPick(entry)} className={styles["item"]}>
          {entry.sign}
          <span className={styles["name"]}>{entry.name}</span>
          {entry.hint !== undefined && <span className={styles["hint"]}>{entry.hint}</span>}
        </Command.Item>
      ))}
    </Command.Group>
  );
}

function sign(Icon: LucideIcon): ReactNode {
  return <Icon aria-hidden />;
}

function useCommands(onHelp: () => void): Entry[] {
  const navigate = useNavigate();
  const mayChange = useMay("submitter");
  const { theme, zone, times } = useChoices();
  const go =
    (to: string, search = {}) =>
    () =>
      void navigate({ to, search: search as never });
  const commands: Entry[] = usePlaces().map(({ to, name, icon, words }) => ({
    id: `place ${to}`,
    name,
    hint: words,
    sign: sign(icon),
    run: go(to),
  }));
  if (mayChange) {
    const create = { id: "create", name: "Create a task", hint: "new submit command http plugin" };
    commands.push({ ...create, sign: sign(ListPlus), run: go("/tasks", { create: "shell" }) });
    const workflow = { id: "workflow", name: "New workflow", hint: "create yaml editor" };
    commands.push({ ...workflow, sign: sign(Workflow), run: go("/workflows", { new: "blank" }) });
  }
  const isDark = theme === "dark";
  commands.push(
    {
      id: "theme",
      name: isDark ? "Light colours" : "Dark colours",
      hint: "theme",
      sign: sign(Moon),
      run: () => choose({ theme: isDark ? "light" : "dark" }),
    },
    {
      id: "zone",
      name: zone === "utc" ? "Times in my zone" : "Times in UTC",
      hint: "local clock",
      sign: sign(Clock),
      run: () => choose({ zone: zone === "utc" ? "local" : "utc" }),
    },
    {
      id: "times",
      name: times === "relative" ? "Times as clocks show them" : "Times as ages",
      hint: "absolute relative ago",
      sign: sign(Clock),
      run: () => choose({ times: times === "relative" ? "absolute" : "relative" }),
    },
    { id: "keys", name: "Show all keys", hint: "shortcuts help", sign: sign(Keyboard), run: onHelp },
  );
  return commands;
}

/** Arms, workers, workflows, schedules and plugins: there are few enough to have them all. */
function useThings(words: string): Entry[] {
  const navigate = useNavigate();
  const isOn = words.length > 0;
  const namespaces = (useNamespaces() ?? []).filter(({ name }) => name !== namespace);
  const workflows = useQuery({ queryKey: keys.workflows, queryFn: () => client.workflows(), enabled: isOn }).data ?? [];
  const schedules = useQuery({ queryKey: keys.schedules, queryFn: () => client.schedules(), enabled: isOn }).data ?? [];
  const workers = useQuery({ queryKey: keys.workers, queryFn: () => client.workers(), enabled: isOn }).data ?? [];
  const arms = useQuery({ queryKey: keys.arms, queryFn: () => client.arms(), enabled: isOn }).data ?? [];
  const plugins =
    useQuery({ queryKey: keys.plugins, queryFn: () => client.plugins(), enabled: isOn }).data?.items ?? [];
  if (!isOn) return [];
  const of = (list: readonly { name: string }[], to: string, kind: string, icon: ReactNode): Entry[] =>
    list
      .filter(({ name }) => matchesWords(words, `${name} ${kind}`))
      .slice(0, FOUND_MAX)
      .map(({ name }) => ({
        id: `${kind} ${name}`,
        name,
        hint: kind,
        sign: icon,
        run: () => void navigate({ to: `${to}/$name`, params: { name } }),
      }));
  const iconOf = (to: string): ReactNode => sign(PLACES.find((place) => place.to === to)?.icon ?? Server);
  const toNamespaces: Entry[] = namespaces
    .filter(({ name }) => matchesWords(words, `${name} namespace`))
    .slice(0, FOUND_MAX)
    .map(({ name }) => ({
      ...{ id: `namespace ${name}`, name, hint: "namespace", sign: sign(Layers) },
      run: () => window.location.assign(pageIn(name)),
    }));
  return [
    ...toNamespaces,
    ...of(workflows, "/workflows", "workflow", iconOf("/workflows")),
    ...of(schedules, "/schedules", "schedule", iconOf("/schedules")),
    ...of(workers, "/workers", "worker", iconOf("/workers")),
    ...of(arms, "/arms", "arm", iconOf("/arms")),
    ...of(plugins, "/plugins", "plugin", iconOf("/plugins")),
  ];
}

/** Tasks by id, name and tag, a run by its id, and the way to what stands in payloads. */
function useFound(words: string): { entries: Entry[]; inTexts: Entry[]; isBusy: boolean } {
  const navigate = useNavigate();
  const asked = useSettled(words, PAUSE_MS);
  const isOn = asked.length > 1;
  const byName = useQuery({
    queryKey: keys.tasks({ palette: asked }),
    queryFn: () => client.tasks({ q: asked, limit: FOUND_MAX }),
    enabled: isOn,
  });
  const byTag = useQuery({
    queryKey: keys.tasks({ paletteTag: asked }),
    queryFn: () => client.tasks({ tag: asked, limit: FOUND_MAX }),
    enabled: isOn && !/\s/.test(asked),
  });
  const runId = /^r\d+$/.test(asked) ? asked : undefined;
  const run = useQuery({
    queryKey: keys.run(asked),
    queryFn: () => client.run(asked, { isBrief: true }),
    enabled: runId !== undefined,
    retry: false,
  });
  const tasks = new Map([...(byName.data?.items ?? []), ...(byTag.data?.items ?? [])].map((task) => [task.id, task]));
  const entries: Entry[] = [];
  if (run.data !== undefined && runId !== undefined) {
    const { id, workflow, state } = run.data;
    const open = (): void => void navigate({ to: "/runs/$id", params: { id } });
    entries.push({
      id: `run ${id}`,
      name: `${id} ${workflow}`,
      hint: "run",
      sign: <StateMark state={state} />,
      run: open,
    });
  }
  for (const task of [...tasks.values()].slice(0, FOUND_MAX)) {
    const open = (): void => void navigate({ to: "/tasks/$id", params: { id: task.id } });
    const name = `${task.id} ${titleOf(task)}`;
    entries.push({ id: `task ${task.id}`, name, hint: task.type, sign: <StateMark state={task.state} />, run: open });
  }
  const inTexts: Entry = {
    id: "text",
    name: `Tasks with “${words}” in their input, result or error`,
    sign: sign(FileSearch),
    run: () => void navigate({ to: "/tasks", search: { q: `text:${JSON.stringify(words)}` } as never }),
  };
  return { entries, inTexts: isOn ? [inTexts] : [], isBusy: words !== asked || byName.isFetching || run.isFetching };
}

function useRecent(): Entry[] {
  const navigate = useNavigate();
  return recentThings().map(({ path, title }) => ({
    id: `recent ${path}`,
    name: title,
    hint: path,
    sign: sign(Clock),
    run: () => void navigate({ to: path }),
  }));
}
