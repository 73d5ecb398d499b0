/** The link over WebSocket, through the real gateway, and the network of the simulator. */
import { startHarness } from "../../src/server/testing/harness.ts";
import { recordSessions } from "../../src/server/testing/sessions.ts";
import { WebSocketLink } from "../../src/worker/link-websocket.ts";
import { ServerAccess } from "../../src/worker/reach/server-access.ts";
import { Connection } from "../sim/network.ts";
import { SimProcess } from "../sim/process.ts";
import { World } from "../sim/world.ts";
import { type LinkUnderTest, type ServerEnd, testLink, WorkerEnd } from "./link.ts";

async function overWebSocket(): Promise<LinkUnderTest> {
  const harness = await startHarness();
  const sessions = recordSessions(harness.engine);
  const worker = new WorkerEnd();
  const server = new ServerAccess({ urls: [harness.url] });
  const link = new WebSocketLink({ server, agent: worker, random: () => 0 });
  link.start();
  return {
    worker,
    comesBack: true,
    servers: () =>
      sessions.map((seen): ServerEnd => ({
        received: seen.received,
        get closed() {
          return seen.closed;
        },
        send: (messages) => seen.port.send(messages),
        close: () => seen.port.close(),
      })),
    async until(condition) {
      while (!condition()) await new Promise(setImmediate);
    },
    async dispose() {
      link.stop();
      await harness[Symbol.asyncDispose]();
    },
  };
}

async function simulated(): Promise<LinkUnderTest> {
  const world = new World(1);
  world.options.delayMsMax = 50;
  const worker = new WorkerEnd();
  const side = {
    process: new SimProcess(world),
    receive: worker.receive.bind(worker),
    closed: worker.disconnected.bind(worker),
  };
  const connection = new Connection(world, side, new SimProcess(world));
  const server: ServerEnd = {
    received: [],
    closed: 0,
    send: (messages) => connection.sendDown(messages),
    close: () => connection.closeByServer(),
  };
  connection.opened({
    receive: (messages) => void server.received.push(...messages),
    closed: () => void server.closed++,
  });
  worker.connected({ send: (messages) => connection.sendUp(messages), close: () => connection.closeByWorker() });
  return {
    worker,
    comesBack: false,
    servers: () => [server],
    async until(condition) {
      while (!condition()) world.time.step();
    },
    dispose: async () => {},
  };
}

testLink("over WebSocket", overWebSocket);
testLink("of the simulator", simulated);
