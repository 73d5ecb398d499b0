/**
 * A menu that opens from a button. Radix moves the focus with arrows and letters.
 *
 * ME1  It has the focus before it can be seen: Radix gives it a moment after, and a key in between would be lost.
 */
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./menu.module.css";

export interface MenuItem {
  label: string;
  /** In a second line: what it does exactly. */
  hint?: string;
  icon?: ReactNode;
  isDanger?: boolean;
  isDisabled?: boolean;
  run(): void;
}

/** `null` in the list draws a line. */
export function Menu({
  trigger,
  items,
  label,
  align = "end",
  isOpen,
  onOpenChange,
  onClosed,
}: {
  trigger: ReactNode;
  items: readonly (MenuItem | null)[];
  label?: string;
  /** Which of its sides stands under that of its button. */
  align?: "start" | "end";
  /** For whoever opens it by other ways than its button. */
  isOpen?: boolean;
  onOpenChange?(isOpen: boolean): void;
  /** In place of giving the focus back to the button. */
  onClosed?(): void;
}) {
  return (
    <Radix.Root
      modal={false}
      {...(isOpen !== undefined && { open: isOpen })}
      {...(onOpenChange !== undefined && { onOpenChange })}
    >
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          ref={takeFocus}
          className={styles["menu"]}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
          {...(onClosed !== undefined && {
            onCloseAutoFocus: (event: Event) => {
              event.preventDefault();
              onClosed();
            },
          })}
        >
          {items.map((item, i) =>
            item === null ? (
              <Radix.Separator key={i} className={styles["line"]} />
            ) : (
              <Radix.Item
                key={item.label}
                className={`${styles["item"]} ${item.isDanger === true ? styles["danger"] : ""}`}
                disabled={item.isDisabled === true}
                onSelect={() => item.run()}
              >
                {item.icon}
                <span>
                  {item.label}
                  {item.hint !== undefined && <span className={styles["hint"]}>{item.hint}</span>}
                </span>
              </Radix.Item>
            ),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** ME1. */
function takeFocus(menu: HTMLElement | null): void {
  menu?.focus({ preventScroll: true });
}
