/** Messages of a real NATS server that start tasks: of a subject as they come, of a stream until they are acknowledged. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { eventOf, startTriggers, until } from "../../src/triggers/testing.ts";
import { NatsServer, withoutNats } from "./server.ts";

const skip = withoutNats();
const task = { shell: "true" };

test("messages of a subject start tasks, also after the server was away", { skip }, async () => {
  await using nats = await NatsServer.start();
  await using place = await startTriggers(() => ({
    s: { stream: { nats: { servers: nats.address, subject: "orders.*" }, format: "json" }, task },
  }));
  const client = await nats.client();
  // Nothing keeps what comes before there is a subscription.
  await until("the first", () => {
    client.publish("orders.new", '{"n":0}');
    return place.started().length > 0;
  });
  client.publish("orders.paid", '{"n":1}');
  // More of the first may still be on their way.
  const paid = () =>
    place
      .started()
      .map((one) => eventOf(one, place.engine))
      .find((event) => event["subject"] === "orders.paid");
  await until("another subject", () => paid() !== undefined);
  assert.deepEqual(paid()!["body"], { n: 1 });
  await client.close();
  await nats.kill();
  await until("words", () => /connection to NATS is lost/.test(place.triggers.show("s").waits ?? ""));
  await nats.up();
  await until("no words", () => place.triggers.show("s").waits === undefined);
  const again = await nats.client();
  const count = place.started().length;
  await until("one more", () => {
    again.publish("orders.new", '{"n":2}');
    return place.started().length > count;
  });
  await again.close();
});

test("messages of a stream are acknowledged when their tasks are durable, each started once", { skip }, async () => {
  await using nats = await NatsServer.start();
  const client = await nats.client();
  const manager = await jetstreamManager(client);
  await manager.streams.add({ name: "ORDERS", subjects: ["orders.>"] });
  const publish = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) await jetstream(client).publish("orders.new", JSON.stringify({ n }));
  };
  // What comes before the trigger is there is kept.
  await publish(0, 20);
  await using place = await startTriggers(() => ({
    s: { stream: { nats: { servers: nats.address, subject: "orders.new", stream: "ORDERS" }, format: "json" }, task },
  }));
  const pending = async () => {
    const info = await manager.consumers.info("ORDERS", "octopus-s");
    return info.num_pending + info.num_ack_pending;
  };
  await until("twenty", () => place.started().length === 20);
  await until("no message without an acknowledgement", async () => (await pending()) === 0);
  // A full arm: what is not durable is not acknowledged.
  await place.engine.configureArm("streams", { maxQueued: 25 });
  await publish(20, 40);
  await until("words", () => /arm streams/.test(place.triggers.show("s").waits ?? ""));
  assert.ok((await pending()) >= 15);
  await place.stop();
  await place.engine.configureArm("streams", { maxQueued: null });
  await publish(40, 45);
  await place.restart();
  await until("all of them", () => place.started().length === 45);
  const numbers = place.started().map((one) => (eventOf(one, place.engine)["body"] as { n: number }).n);
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 45 }, (_, n) => n),
  );
  // One that can never be read is not sent again and again.
  await jetstream(client).publish("orders.new", "no json");
  await until("the word of it", () => place.triggers.show("s").counts.failed === 1);
  await until("the end of it", async () => (await pending()) === 0);
  await client.close();
});

test("what a trigger has got and not started is there for whoever is next as soon as it ends", { skip }, async () => {
  await using nats = await NatsServer.start();
  const client = await nats.client();
  const manager = await jetstreamManager(client);
  await manager.streams.add({ name: "ORDERS", subjects: ["orders.>"] });
  // What is not given back does not come again within this test.
  const hour = 3_600_000_000_000;
  const own = { durable_name: "octopus-s", ack_policy: AckPolicy.Explicit, ack_wait: hour, max_ack_pending: 10_000 };
  await manager.consumers.add("ORDERS", own);
  await using place = await startTriggers(
    () => ({
      s: { stream: { nats: { servers: nats.address, subject: "orders.new", stream: "ORDERS" }, format: "json" }, task },
    }),
    (engine) => engine.configureArm("streams", { maxQueued: 1 }),
  );
  // More than wait in the trigger, so that some wait in the client of NATS.
  const count = 4500;
  for (let n = 0; n < count; n++) client.publish("orders.new", JSON.stringify({ n }));
  await until("more is sent than fits", async () => {
    const { num_ack_pending } = await manager.consumers.info("ORDERS", "octopus-s");
    return num_ack_pending > 4100;
  });
  await place.stop();
  const started = place.started().length;
  const seen = new Set<number>();
  const consumer = await jetstream(client).consumers.get("ORDERS", "octopus-s");
  await until("all others come again", async () => {
    for await (const message of await consumer.fetch({ max_messages: count, expires: 1000 })) seen.add(message.seq);
    return seen.size >= count - started;
  });
  assert.equal(seen.size, count - started);
  await client.close();
});

test("a server that asks for a password, and a wrong one told", { skip }, async () => {
  await using nats = await NatsServer.start(["--user", "u", "--pass", "correct-horse"]);
  const stream = { nats: { servers: nats.address, subject: "s", user: "u" } };
  await using place = await startTriggers(() => ({
    good: { stream, task, secret: "correct-horse" },
    bad: { stream, task, secret: "wrong-horse" },
  }));
  await until("words", () => /NATS at .*uthoriz/i.test(place.triggers.show("bad").waits ?? ""));
  assert.equal(place.triggers.show("good").waits, undefined);
});
