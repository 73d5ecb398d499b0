/** Links to things by their ids: the same look wherever they stand. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { inertLine } from "@octopus/view/inert.ts";
import styles from "./links.module.css";

export function TaskLink({ id, children }: { id: string; children?: ReactNode }) {
  return (
    <Link to="/tasks/$id" params={{ id }} className={children === undefined ? styles["id"] : undefined}>
      {children ?? id}
    </Link>
  );
}

export function RunLink({ id, children }: { id: string; children?: ReactNode }) {
  return (
    <Link to="/runs/$id" params={{ id }} className={children === undefined ? styles["id"] : undefined}>
      {children ?? id}
    </Link>
  );
}

export function ArmLink({ name }: { name: string }) {
  return (
    <Link to="/arms/$name" params={{ name }}>
      {name}
    </Link>
  );
}

export function WorkerLink({ name }: { name: string }) {
  return (
    <Link to="/workers/$name" params={{ name }}>
      {name}
    </Link>
  );
}

export function WorkflowLink({ name }: { name: string }) {
  return (
    <Link to="/workflows/$name" params={{ name }}>
      {inertLine(name)}
    </Link>
  );
}

export function ScheduleLink({ name }: { name: string }) {
  return (
    <Link to="/schedules/$name" params={{ name }}>
      {name}
    </Link>
  );
}

export function PluginLink({ name }: { name: string }) {
  return (
    <Link to="/plugins/$name" params={{ name }}>
      {name}
    </Link>
  );
}
