/** Where a server asks for a token: a person pastes one, and the server keeps it in a cookie that scripts cannot read. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { client } from "../data/client.ts";
import { namespaceSaid, uiPath } from "../data/here.ts";
import { keys } from "../data/keys.ts";
import { forgetAll, tellTabs } from "../data/tabs.ts";
import { wordsOf } from "../data/words.ts";
import { Button } from "../parts/button.tsx";
import { TextInput } from "../parts/field.tsx";
import styles from "./sign-in.module.css";

export function SignIn() {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const queries = useQueryClient();
  const signIn = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const session = await client.signIn(token.trim());
      // Somebody else may have been here before, who might see more.
      forgetAll(queries);
      queries.setQueryData(keys.session, session);
      tellTabs();
    } catch (caught) {
      setError(wordsOf(caught));
      setBusy(false);
    }
  };
  return (
    <main className={styles["whole"]}>
      <form className={styles["form"]} onSubmit={(event) => void signIn(event)}>
        <img src={`${uiPath}/octopus.svg`} alt="" width={44} height={44} />
        <h1>{namespaceSaid === undefined ? "Octopus" : `Octopus, ${namespaceSaid}`}</h1>
        <p>
          {namespaceSaid === undefined ? (
            <>
              This server asks for a token. The first start printed one; <code>octopus token create</code> makes more.
            </>
          ) : (
            <>
              This namespace asks for a token of its own, or for that of an admin of <code>default</code>;{" "}
              <code>octopus token create --namespace {namespaceSaid}</code> makes more.
            </>
          )}
        </p>
        <TextInput
          label="Token"
          type="password"
          autoComplete="current-password"
          placeholder="octo_…"
          autoFocus
          required
          value={token}
          onChange={setToken}
          error={error}
        />
        <Button kind="main" type="submit" isBusy={isBusy} disabled={token.trim() === ""}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
