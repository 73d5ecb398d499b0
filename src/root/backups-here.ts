/** A backup of all namespaces of a directory that no server uses: `default` is open already, the others are for the moment. */
import { backUpAll, type Copyable } from "./backups.ts";
import { namesIn, namespaceDir, namespacesFolder } from "./namespace-folders.ts";
import { openStore, type Store } from "../store/store.ts";

export function backUpHere(path: string, dataDir: string, main: Pick<Store, "backup">): ReturnType<typeof backUpAll> {
  const others = namesIn(namespacesFolder(dataDir)).map((name): Copyable => {
    return {
      name,
      async backup(file) {
        const store = openStore(namespaceDir(dataDir, name));
        try {
          return await store.backup(file);
        } finally {
          store.close();
        }
      },
    };
  });
  return backUpAll(path, main, others);
}
