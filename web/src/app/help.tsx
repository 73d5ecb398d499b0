/** All keys that work here and now. */
import { Dialog } from "../parts/dialog.tsx";
import { activeShortcuts } from "./shortcuts.ts";
import styles from "./help.module.css";

export function Help({ onClose }: { onClose(): void }) {
  const shortcuts = activeShortcuts();
  const areas = [...new Set(shortcuts.map(({ area }) => area))].toSorted((a, b) => order(a) - order(b));
  return (
    <Dialog title="Keys" lead="Those of this screen, and those that work everywhere." isOpen onClose={onClose} isWide>
      <div className={styles["areas"]}>
        {areas.map((area) => (
          <section key={area}>
            <h3 className={styles["area"]}>{area}</h3>
            <dl className={styles["list"]}>
              {unique(shortcuts.filter((one) => one.area === area)).map(({ keys, label }) => (
                <div key={keys} className={styles["row"]}>
                  <dt>{label}</dt>
                  <dd>
                    {keys.split(" ").map((key, i) => (
                      <kbd key={i}>{shown(key)}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3 className={styles["area"]}>Dialogs and menus</h3>
          <dl className={styles["list"]}>
            <div className={styles["row"]}>
              <dt>Close</dt>
              <dd>
                <kbd>Esc</kbd>
              </dd>
            </div>
          </dl>
        </section>
      </div>
      <p className={styles["words"]}>
        Looking for words of another system? Jobs and executions are <b>Tasks</b> and <b>Runs</b>, clients and agents
        are <b>Workers</b>, queues and pools are <b>Arms</b>; the search (Ctrl K) knows them all.
      </p>
    </Dialog>
  );
}

/** This screen's own first. */
function order(area: string): number {
  return area === "Everywhere" ? 8 : area === "Go to" ? 9 : 0;
}

function unique<One extends { keys: string }>(list: readonly One[]): One[] {
  return [...new Map(list.map((one) => [one.keys, one])).values()];
}

function shown(key: string): string {
  const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);
  const names: Record<string, string> = {
    enter: "Enter",
    escape: "Esc",
    arrowup: "↑",
    arrowdown: "↓",
    arrowleft: "←",
    arrowright: "→",
  };
  const [last, ...before] = key.split("+").toReversed();
  const parts = [...before.toReversed().map((part) => (part === "mod" ? (isApple ? "⌘" : "Ctrl") : part)), last ?? key];
  return parts
    .map((part) => names[part] ?? (part.length > 1 ? part[0]!.toUpperCase() + part.slice(1) : part))
    .join(" ");
}
