/** Settings: how this browser shows things, the server and its configuration, tokens, the policy of commands. */
import { useMay } from "../../data/session.ts";
import { Page } from "../../parts/page.tsx";
import { type Tab, Tabs } from "../../parts/tabs.tsx";
import { Appearance } from "./appearance.tsx";
import { Configuration } from "./configuration.tsx";
import { Policy } from "./policy.tsx";
import { ServerPanel } from "./server-panel.tsx";
import { Tokens } from "./tokens.tsx";

export function Settings() {
  const isAdmin = useMay("admin");
  const tabs: Tab[] = [
    { id: "appearance", label: "Appearance", content: <Appearance /> },
    { id: "server", label: "Server", content: <ServerPanel /> },
  ];
  if (isAdmin)
    tabs.push(
      { id: "configuration", label: "Configuration", content: <Configuration /> },
      { id: "tokens", label: "Tokens", content: <Tokens /> },
    );
  tabs.push({ id: "policy", label: "Command policy", content: <Policy /> });
  return (
    <Page title="Settings">
      <Tabs label="Parts of the settings" tabs={tabs} />
    </Page>
  );
}
