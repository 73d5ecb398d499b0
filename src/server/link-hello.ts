/**
 * Checks what a worker says of itself. All of it is shown to people, kept in the database, and looked at when tasks are
 * placed; so everything has a bound, and names have the form that tasks can ask for.
 */
import { TASK_KINDS, type TaskKind } from "../base/words.ts";
import type { Hello } from "../protocol/link.ts";
import { LABEL_NAME, LABEL_VALUE } from "../base/label-form.ts";
import { show } from "../protocol/parse.ts";
import { isAllWorkers, isAnyWorker } from "../protocol/target.ts";
import { isName, isObject, isRef, isWhole } from "./link-words.ts";

const KINDS: ReadonlySet<unknown> = new Set(TASK_KINDS);
const SLOTS_MAX = 100_000;
const FUNCTIONS_MAX = 100_000;
const HOLDS_MAX = 200_000;
const RESOURCES_MAX = 64;
const UNITS_MAX = 1024;
const LABELS_MAX = 64;
const ARMS_MAX = 1000;
const FEATURES_MAX = 100;

/** What is wrong with the message, if anything. */
export function checkHello(message: Record<string, unknown>): string | undefined {
  const hello = message as unknown as Hello;
  const texts = [hello.name, hello.instance, hello.host, hello.octopus] as unknown[];
  if (!texts.every((text) => isName(text))) return "hello needs name, instance, host and octopus";
  if (isAllWorkers(hello.name) || isAnyWorker(hello.name))
    return `${show(hello.name)} is a word for workers, not the name of one`;
  if (!isWhole(hello.version, 0) || !isWhole(hello.pid, 0)) return "hello needs version and pid";
  if (!isWhole(hello.slots, 0) || hello.slots > SLOTS_MAX) return `slots must be a whole number from 0 to ${SLOTS_MAX}`;
  const problem = checkAbilities(message);
  if (problem !== undefined) return problem;
  if (!isListOf(hello.holds, HOLDS_MAX, (ref) => isObject(ref) && isRef(ref)))
    return `hello needs holds: at most ${HOLDS_MAX} attempts`;
  return checkResources(message) ?? checkLabels(message) ?? checkWhereabouts(message);
}

/** What is wrong with what it says anew of itself, if anything. */
export function checkOffer(message: Record<string, unknown>): string | undefined {
  return checkAbilities(message) ?? checkLabels(message);
}

function checkAbilities(message: Record<string, unknown>): string | undefined {
  const { type, abilities } = message;
  if (!isObject(abilities) || !Array.isArray(abilities["kinds"])) return `${String(type)} needs abilities with kinds`;
  const functions: unknown = abilities["functions"];
  if (!isListOf(functions, FUNCTIONS_MAX, isName)) return `${String(type)} needs abilities with functions`;
  // A newer worker may know kinds of task that this server does not have.
  const kinds = (abilities["kinds"] as unknown[]).filter((kind): kind is TaskKind => KINDS.has(kind));
  message["abilities"] = { kinds, functions: functions as string[] };
  return undefined;
}

/** Resources, and the units of those that are told apart. */
function checkResources({ resources = {}, units = {} }: Record<string, unknown>): string | undefined {
  if (!isTable(resources, RESOURCES_MAX, (amount) => isWhole(amount, 0)))
    return `the resources of hello must be at most ${RESOURCES_MAX} amounts by name`;
  if (!isTable(units, RESOURCES_MAX, (names) => isListOf(names, UNITS_MAX, isName)))
    return `the units of hello must be lists of at most ${UNITS_MAX} names, by resource`;
  for (const [resource, names] of Object.entries(units as Record<string, string[]>)) {
    if (new Set(names).size < names.length) return `the units of ${show(resource)} must differ in their names`;
    const amount = (resources as Record<string, number>)[resource];
    if (amount !== names.length * 1000)
      return `${show(resource)} has ${names.length} units and ${amount ?? 0} thousandths: each unit counts a thousand`;
  }
  return undefined;
}

function checkLabels({ type, labels = {} }: Record<string, unknown>): string | undefined {
  return isTable(labels, LABELS_MAX, (value) => typeof value === "string" && LABEL_VALUE.test(value), isLabel)
    ? undefined
    : `the labels of ${String(type)} must be at most ${LABELS_MAX} short words by name`;
}

function checkWhereabouts({ arms = [], features = [] }: Record<string, unknown>): string | undefined {
  if (!isListOf(arms, ARMS_MAX, isName)) return `the arms of hello must be at most ${ARMS_MAX} names`;
  if (!isListOf(features, FEATURES_MAX, isName)) return `the features of hello must be at most ${FEATURES_MAX} words`;
  return undefined;
}

function isListOf(value: unknown, max: number, isGood: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= max && value.every((one) => isGood(one));
}

function isTable(
  value: unknown,
  max: number,
  isGood: (one: unknown) => boolean,
  isKey: (key: string) => boolean = isName,
): boolean {
  if (!isObject(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= max && entries.every(([key, one]) => key !== "__proto__" && isKey(key) && isGood(one));
}

function isLabel(name: string): boolean {
  return LABEL_NAME.test(name);
}
