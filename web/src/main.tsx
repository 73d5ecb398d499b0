/** Puts the dashboard together. */
import "./styles/tokens.css";
import "./styles/base.css";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { keepFocusPlace } from "./app/focus-place.ts";
import { reloadWhenRenewed } from "./app/renewed.ts";
import { router } from "./app/router.tsx";
import { NoNamespace } from "./app/no-namespace.tsx";
import { SignIn } from "./app/sign-in.tsx";
import { createLive, createQueries, DataProvider, LiveProvider } from "./data/context.tsx";
import { uiPath } from "./data/here.ts";
import { useSignedIn } from "./data/session.ts";
import { followTabs } from "./data/tabs.ts";
import { ClipboardProvider } from "./parts/clipboard.tsx";
import { ConfirmProvider } from "./parts/dialog.tsx";
import { Trouble } from "./parts/notices.tsx";
import { ToastProvider } from "./parts/toasts.tsx";

// Its address in the page is relative, and is read anew by whichever path the page has come to.
document.querySelector<HTMLLinkElement>("link[rel=icon]")!.href = `${uiPath}/octopus.svg`;
reloadWhenRenewed();
const queries = createQueries();
followTabs(queries);
keepFocusPlace(router);
const live = createLive(queries);

function Dashboard() {
  const { session, isRefused, isGone, error, refetch } = useSignedIn();
  if (isGone) return <NoNamespace />;
  if (isRefused) return <SignIn />;
  if (session === undefined) return error === null ? null : <Trouble error={error} retry={() => void refetch()} />;
  return (
    <LiveProvider live={live}>
      <RouterProvider router={router} />
    </LiveProvider>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <DataProvider queries={queries}>
      <ToastProvider>
        <ConfirmProvider>
          <ClipboardProvider>
            <Dashboard />
          </ClipboardProvider>
        </ConfirmProvider>
      </ToastProvider>
    </DataProvider>
  </StrictMode>,
);
