// A phone that calls itself names that no phone has, in the network namespace that it is started in: it takes an
// address by DHCP, then asks for a file by HTTP with a hostile User-Agent, and tries to reach the operator's pages.
// Prints what it met as JSON.

import dgram from "node:dgram";
import { execFileSync } from "node:child_process";
import http from "node:http";
import net from "node:net";

const [hardware, name, agent, iface, server, port] = process.argv.slice(2);
const chaddr = Buffer.from(hardware.replaceAll(":", ""), "hex");
const option = (code, value) => Buffer.concat([Buffer.from([code, value.length]), Buffer.from(value)]);

function message(kind, more) {
  const head = Buffer.alloc(240);
  head.set([1, 1, 6, 0, 0x52, 0x42, 0x00, 0x01]);
  head.writeUInt16BE(0x8000, 10);
  chaddr.copy(head, 28);
  head.set([99, 130, 83, 99], 236);
  const vendor = option(60, "Cisco Systems, Inc. IP Phone CP-7965G\0");
  return Buffer.concat([head, option(53, [kind]), vendor, option(12, name), option(55, [1, 66, 6, 3, 15, 150, 35]), ...more, Buffer.from([255])]);
}

function options(bytes) {
  const found = new Map();
  for (let at = 240; at < bytes.length && bytes[at] !== 255; at += bytes[at] === 0 ? 1 : 2 + bytes[at + 1]) found.set(bytes[at], bytes.subarray(at + 2, at + 2 + bytes[at + 1]));
  return found;
}

const socket = dgram.createSocket({ type: "udp4", reuseAddr: true });
await new Promise((bound) => socket.bind(68, "0.0.0.0", bound));
socket.setBroadcast(true);
const send = (bytes) => socket.send(bytes, 67, "255.255.255.255");
const heard = (kind) => new Promise((found) => {
  const look = (bytes) => {
    if (options(bytes).get(53)?.[0] !== kind) return;
    socket.off("message", look);
    found(bytes);
  };
  socket.on("message", look);
});

const offered = heard(2);
const asking = setInterval(() => send(message(1, [])), 500);
const offer = await offered;
clearInterval(asking);
const address = offer.subarray(16, 20);
const acked = heard(5);
send(message(3, [option(50, address), option(54, options(offer).get(54))]));
await acked;
const own = [...address].join(".");
execFileSync("ip", ["addr", "add", `${own}/24`, "dev", iface]);

const get = (to, headers) => new Promise((done) => {
  const request = http.get({ host: server, port: to, path: "/SEP000000000000.cnf.xml", localAddress: own, headers, timeout: 5000 }, (answer) => {
    let body = "";
    answer.on("data", (data) => { body += data; });
    answer.on("end", () => done({ status: answer.statusCode, body: body.slice(0, 200) }));
  });
  request.on("error", (error) => done({ error: error.code }));
});
const file = await get(80, { "User-Agent": agent });
// The operator's pages, by the bench's own address.
const pages = await new Promise((done) => {
  const stream = net.connect({ host: server, port: Number(port), localAddress: own, timeout: 5000 });
  let said = "";
  stream.on("connect", () => stream.write(`GET /api/v1/view HTTP/1.1\r\nHost: ${server}:${port}\r\n\r\n`));
  stream.on("data", (data) => { said += data; });
  stream.on("error", (error) => done({ error: error.code, said }));
  stream.on("close", () => done({ said }));
});
console.log(JSON.stringify({ own, file, pages }));
socket.close();
process.exit(0);
