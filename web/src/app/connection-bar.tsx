/** Says so when what is shown may be old: the connection is lost, and comes back by itself. */
import { WifiOff } from "lucide-react";
import { elapsed } from "@octopus/view/time.ts";
import { useConnection } from "../data/context.tsx";
import { useNow } from "./now.ts";
import styles from "./connection-bar.module.css";

export function ConnectionBar() {
  const connection = useConnection();
  return (
    <div role="status" aria-live="polite">
      {connection.state === "lost" && <Lost since={connection.since} why={connection.why} />}
    </div>
  );
}

function Lost({ since, why }: { since: number; why: string }) {
  const now = useNow();
  const ago = elapsed(new Date(since).toISOString(), undefined, Math.max(now, since));
  return (
    <div className={styles["bar"]} title={why}>
      <WifiOff aria-hidden />
      <span>The server does not answer. What you see is {ago} old; it goes on by itself when the server is back.</span>
    </div>
  );
}
