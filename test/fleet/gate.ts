/** Run inside of a host: passes what comes to a Unix socket on to an address that only this host reaches. */
import { connect, createServer } from "node:net";

const [socket, host, port] = process.argv.slice(2) as [string, string, string];
createServer((from) => {
  const to = connect(Number(port), host);
  from.pipe(to).pipe(from);
  for (const side of [from, to]) {
    side.on("error", () => {
      from.destroy();
      to.destroy();
    });
  }
}).listen(socket, () => process.stdout.write("open\n"));
