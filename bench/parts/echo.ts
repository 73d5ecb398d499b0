/** Sends back what it gets, on a free port. */
import { type AddressInfo, createServer } from "node:net";

const server = createServer((socket) => {
  socket.setNoDelay(true).on("error", () => socket.destroy());
  socket.pipe(socket);
});
server.listen(0, "127.0.0.1", () => process.send!({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit());
