/**
 * The functions of the order example: a shop whose stock and accounts are two tables of a SQLite file. Each is safe to repeat:
 * what an order has done already is written down under its number.
 */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { FatalError, type FunctionContext } from "@octopus-tasks/octopus/worker";

interface Input {
  /** Folder of the shop. */
  work: string;
  /** Number of the order. */
  order: string;
}

/** The shop as it opens: goods and what customers have. */
const GOODS = { lamp: { stock: 5, price: 40 }, desk: { stock: 1, price: 250 } };
const MONEY = 500;

export function openShop({ work, customer }: Input & { customer: string }): { price: Record<string, number> } {
  mkdirSync(work, { recursive: true });
  using shop = database(work);
  shop.exec(`
    create table if not exists goods (name text primary key, stock int, price int);
    create table if not exists accounts (customer text primary key, money int);
    create table if not exists done (order_id text, step text, primary key (order_id, step));
  `);
  const add = shop.prepare("insert or ignore into goods values (?, ?, ?)");
  for (const [name, { stock, price }] of Object.entries(GOODS)) add.run(name, stock, price);
  shop.prepare("insert or ignore into accounts values (?, ?)").run(customer, MONEY);
  return { price: Object.fromEntries(Object.entries(GOODS).map(([name, { price }]) => [name, price])) };
}

export function reserve({ work, order, item, count }: Input & { item: string; count: number }): { reserved: number } {
  change(work, order, "reserve", (shop) => {
    const sold = shop
      .prepare("update goods set stock = stock - ? where name = ? and stock >= ?")
      .run(count, item, count);
    if (sold.changes === 0) throw new FatalError(`there are not ${count} of ${item} in stock`);
  });
  return { reserved: count };
}

export function unreserve({ work, order, item, count }: Input & { item: string; count: number }): void {
  change(work, order, "unreserve", (shop) =>
    shop.prepare("update goods set stock = stock + ? where name = ?").run(count, item),
  );
}

export function charge({ work, order, customer, amount }: Input & { customer: string; amount: number }): {
  charged: number;
} {
  change(work, order, "charge", (shop) => {
    const paid = shop
      .prepare("update accounts set money = money - ? where customer = ? and money >= ?")
      .run(amount, customer, amount);
    if (paid.changes === 0) throw new FatalError(`${customer} cannot pay ${amount}`);
  });
  return { charged: amount };
}

export function refund({ work, order, customer, amount }: Input & { customer: string; amount: number }): void {
  change(work, order, "refund", (shop) =>
    shop.prepare("update accounts set money = money + ? where customer = ?").run(amount, customer),
  );
}

export function ship({ address }: Input & { address: string }): { tracking: string } {
  if (/nowhere/i.test(address)) throw new FatalError(`nobody delivers to ${address}`);
  return { tracking: `T-${address.length}` };
}

/** What the shop looks like now, whatever became of the order. */
export function orderReport(
  { work, order, state }: Input & { state: string },
  context: FunctionContext,
): { lines: string[] } {
  using shop = database(work);
  const goods = shop.prepare("select name, stock from goods order by name").all();
  const accounts = shop.prepare("select customer, money from accounts order by customer").all();
  const steps = shop.prepare("select step from done where order_id = ? order by rowid").all(order);
  const lines = [
    `order ${state}`,
    `steps: ${steps.map(({ step }) => String(step)).join(", ")}`,
    ...goods.map(({ name, stock }) => `${String(name)}: ${String(stock)} in stock`),
    ...accounts.map(({ customer, money }) => `${String(customer)} has ${String(money)}`),
  ];
  const folder = join(work, context.task.run!);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "report.part"), `${lines.join("\n")}\n`);
  renameSync(join(folder, "report.part"), join(folder, "report.txt"));
  return { lines };
}

function database(work: string): DatabaseSync & Disposable {
  const shop = new DatabaseSync(join(work, "shop.db"), { timeout: 5000 });
  return Object.assign(shop, { [Symbol.dispose]: () => shop.close() });
}

/** A step of an order: done once, together with the word of it. */
function change(work: string, order: string, step: string, act: (shop: DatabaseSync) => unknown): void {
  using shop = database(work);
  shop.exec("begin immediate");
  try {
    const fresh = shop.prepare("insert or ignore into done values (?, ?)").run(order, step);
    if (fresh.changes > 0) act(shop);
    shop.exec("commit");
  } catch (error) {
    shop.exec("rollback");
    throw error;
  }
}
