/** What stands around every screen: the places, the search, the state of the connection. */
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { Keyboard, LogOut, Menu as MenuSign, Moon, Plus, Search as SearchSign, Sun } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { client } from "../data/client.ts";
import { namespaceSaid, uiPath } from "../data/here.ts";
import { noteFilter } from "../data/namespaces.ts";
import { useMay, useSession } from "../data/session.ts";
import { tellTabs } from "../data/tabs.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { choose, useChoices } from "./choices.ts";
import { ConnectionBar } from "./connection-bar.tsx";
import { PaletteOpens } from "./palette-opens.tsx";
import { type Place, usePlaces } from "./places.ts";
import { useShortcut } from "./shortcuts.ts";
import { Switcher } from "./switcher.tsx";
import styles from "./shell.module.css";

const Palette = lazy(() => import("./palette.tsx").then(({ Palette: component }) => ({ default: component })));
const Help = lazy(() => import("./help.tsx").then(({ Help: component }) => ({ default: component })));

const GROUPS = ["", "Work", "Machines", "System"] as const;

export function Shell() {
  const [opened, setOpened] = useState<"palette" | "help">();
  const [begun, setBegun] = useState("");
  const [isMenuOpen, setMenuOpen] = useState(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const filter = useRouterState({ select: ({ location }) => location.searchStr });
  const main = useRef<HTMLElement>(null);
  const mayChange = useMay("submitter");
  const navigate = useNavigate();
  const places = usePlaces();

  // Another screen: the list of places closes on a small one.
  useEffect(() => setMenuOpen(false), [path]);
  // The search takes the focus before Radix has seen who had it.
  useEffect(() => {
    if (opened !== undefined) return;
    before.current?.focus({ preventScroll: true });
    before.current = null;
  }, [opened]);
  useEffect(() => noteFilter(path, filter), [path, filter]);
  const close = (): void => setOpened(undefined);
  const before = useRef<HTMLElement>(null);
  const search = (): void => {
    before.current = document.activeElement as HTMLElement | null;
    setBegun("");
    setOpened("palette");
  };
  useShortcut({ keys: "mod+k", label: "Search and commands", area: "Everywhere", run: search });
  useShortcut({ keys: "?", label: "Show all keys", area: "Everywhere", run: () => setOpened("help") });
  useShortcut({
    keys: "c",
    label: "Create a task",
    area: "Everywhere",
    run: () => mayChange && void navigate({ to: "/tasks", search: { create: "shell" } as never }),
  });

  return (
    <div className={styles["shell"]}>
      <a className={styles["skip"]} href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        To the content
      </a>
      <header className={styles["top"]}>
        <IconButton
          label={isMenuOpen ? "Close the list of places" : "Open the list of places"}
          className={styles["menuButton"] ?? ""}
          aria-expanded={isMenuOpen}
          onClick={() => setMenuOpen(!isMenuOpen)}
        >
          <MenuSign aria-hidden />
        </IconButton>
        <Link to="/" className={styles["brand"]} aria-label="Octopus, overview">
          <img src={`${uiPath}/octopus.svg`} alt="" width={24} height={24} />
          <span>Octopus</span>
        </Link>
        <Switcher />
        <button
          type="button"
          className={styles["search"]}
          // What can be seen, word for word: the words are hidden where there is no room, and so is the key.
          aria-label="Search or do something Ctrl K"
          onClick={search}
        >
          <SearchSign aria-hidden />
          <span>Search or do something</span> <kbd>Ctrl K</kbd>
        </button>
        <div className={styles["tools"]}>
          {mayChange && (
            <Button
              isSmall
              kind="main"
              icon={<Plus aria-hidden />}
              onClick={() => void navigate({ to: "/tasks", search: { create: "shell" } as never })}
            >
              <span className={styles["long"]}>New task</span>
              <span className={styles["short"]}>New</span>
            </Button>
          )}
          <ThemeButton />
          <IconButton label="Show all keys" onClick={() => setOpened("help")} className={styles["long"] ?? ""}>
            <Keyboard aria-hidden />
          </IconButton>
          <SignOut />
        </div>
      </header>
      <nav className={`${styles["side"]} ${isMenuOpen ? styles["sideOpen"] : ""}`} aria-label="Places">
        {GROUPS.map((group) => (
          <div key={group} className={styles["group"]}>
            {group !== "" && <p className={styles["groupName"]}>{group}</p>}
            <ul>
              {places
                .filter((place) => place.group === group)
                .map((place) => (
                  <PlaceLink key={place.to} place={place} />
                ))}
            </ul>
          </div>
        ))}
      </nav>
      {isMenuOpen && <div className={styles["veil"]} onClick={() => setMenuOpen(false)} />}
      <main id="main" ref={main} className={styles["main"]} tabIndex={-1}>
        {namespaceSaid !== undefined && <p className={styles["where"]}>Namespace {namespaceSaid}</p>}
        <ConnectionBar />
        <Outlet />
      </main>
      <Suspense fallback={opened === "palette" && <PaletteOpens text={begun} onText={setBegun} onClose={close} />}>
        {opened === "palette" && <Palette begun={begun} onClose={close} onHelp={() => setOpened("help")} />}
        {opened === "help" && <Help onClose={close} />}
      </Suspense>
    </div>
  );
}

function PlaceLink({ place }: { place: Place }) {
  const navigate = useNavigate();
  const { to, name, icon: Icon, key } = place;
  const go = (): void => void navigate({ to });
  return (
    <li>
      {key !== undefined && <GoKey keys={`g ${key}`} label={`Go to ${name}`} run={go} />}
      <Link
        to={to}
        className={styles["place"]}
        activeOptions={{ exact: to === "/" }}
        activeProps={{ className: styles["here"] ?? "" }}
      >
        <Icon aria-hidden />
        <span>{name}</span>
      </Link>
    </li>
  );
}

function GoKey({ keys, label, run }: { keys: string; label: string; run(): void }) {
  useShortcut({ keys, label, area: "Go to", run });
  return null;
}

function ThemeButton() {
  const { theme } = useChoices();
  const isDark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <IconButton
      label={isDark ? "Light colours" : "Dark colours"}
      onClick={() => choose({ theme: isDark ? "light" : "dark" })}
    >
      {isDark ? <Sun aria-hidden /> : <Moon aria-hidden />}
    </IconButton>
  );
}

function SignOut() {
  const { isOpen, who, role } = useSession();
  if (isOpen) return null;
  return (
    <IconButton
      label={`Sign out (${who}, ${role})`}
      onClick={() => void client.signOut().finally(() => (tellTabs(), window.location.reload()))}
    >
      <LogOut aria-hidden />
    </IconButton>
  );
}
