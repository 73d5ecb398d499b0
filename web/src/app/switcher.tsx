/** Which namespace this page shows, and the way to the others. Where there is one and no say over it, nothing is shown. */
import { Check, ChevronsUpDown, Layers, Plus, Settings2 } from "lucide-react";
import { addressOf, DEFAULT_NAMESPACE, namespace } from "../data/here.ts";
import { pageIn, useNamespaces } from "../data/namespaces.ts";
import { useMay } from "../data/session.ts";
import { Menu, type MenuItem } from "../parts/menu.tsx";
import styles from "./switcher.module.css";

/** More are found in the list, which has a filter. */
const OFFERED_MAX = 20;

const isElsewhere = namespace !== DEFAULT_NAMESPACE;

export function Switcher() {
  const all = useNamespaces();
  const isAdmin = useMay("admin");
  const isShown = isElsewhere || (all !== undefined && (all.length > 1 || isAdmin));
  if (!isShown) return null;
  const look = `${styles["switcher"]} ${isElsewhere ? styles["elsewhere"] : ""}`;
  if (all === undefined)
    return (
      <span className={look} title={`Namespace ${namespace}`}>
        <Layers aria-hidden />
        <span className={styles["name"]}>{namespace}</span>
      </span>
    );
  const go = (url: string) => (): void => window.location.assign(url);
  const offered = all.slice(0, OFFERED_MAX);
  const list = `${addressOf(DEFAULT_NAMESPACE)}/ui/namespaces`;
  const items: (MenuItem | null)[] = offered.map(({ name, state, reason }) => ({
    label: name,
    ...(name === namespace ? { icon: <Check aria-hidden />, hint: "you are here" } : { icon: <Layers aria-hidden /> }),
    ...(state === "failed" && { hint: reason ?? "is not served now" }),
    ...(state === "starting" && { hint: "is starting" }),
    run: name === namespace ? () => undefined : go(pageIn(name)),
  }));
  items.push(null);
  const rest = all.length - offered.length;
  items.push({
    label: rest > 0 ? `All ${all.length} namespaces` : "All namespaces",
    icon: <Settings2 aria-hidden />,
    run: go(list),
  });
  if (isAdmin) items.push({ label: "New namespace…", icon: <Plus aria-hidden />, run: go(`${list}?new=1`) });
  return (
    <Menu
      label="Namespaces"
      align="start"
      items={items}
      trigger={
        <button type="button" className={look} aria-label={`Namespace ${namespace}: go to another`}>
          <Layers aria-hidden />
          <span className={styles["name"]}>{namespace}</span>
          <ChevronsUpDown aria-hidden className={styles["more"]} />
        </button>
      }
    />
  );
}
