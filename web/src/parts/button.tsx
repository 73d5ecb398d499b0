/** Buttons, links that look like them, and buttons that are only a sign. */
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ComponentProps, ReactNode } from "react";
import styles from "./button.module.css";

type Kind = "plain" | "main" | "danger" | "quiet";

interface ButtonProps extends ComponentProps<"button"> {
  kind?: Kind;
  isSmall?: boolean;
  /** It is at work: takes no second click. */
  isBusy?: boolean;
  icon?: ReactNode;
}

export function Button({
  kind = "plain",
  isSmall = false,
  isBusy = false,
  icon,
  children,
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={isBusy || undefined}
      disabled={rest.disabled === true || isBusy}
      className={`${classOf(kind, isSmall)} ${className ?? ""}`}
    >
      {icon}
      {children}
    </button>
  );
}

export function ButtonLink({
  kind = "plain",
  isSmall = false,
  icon,
  children,
  ...rest
}: LinkProps & { kind?: Kind; isSmall?: boolean; icon?: ReactNode; children?: ReactNode }) {
  return (
    <Link {...rest} className={classOf(kind, isSmall)}>
      {icon}
      {children}
    </Link>
  );
}

/** `label` is what it is called by those who do not see the sign, and its tip. */
export function IconButton({ label, children, className, ...rest }: ComponentProps<"button"> & { label: string }) {
  return (
    <button type="button" aria-label={label} title={label} {...rest} className={`${styles["icon"]} ${className ?? ""}`}>
      {children}
    </button>
  );
}

function classOf(kind: Kind, isSmall: boolean): string {
  return `${styles["button"]} ${styles[kind]} ${isSmall ? styles["small"] : ""}`;
}
