// A gateway on loopback with a data folder that the fixture filled. Whatever it logs is kept, and has to be free of secrets when it
// is stopped.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { within } from './hands.mjs';

const ROOT = resolve(import.meta.dirname, '../../..');
const BINARY = resolve(ROOT, process.env.TASKGATE_BIN ?? 'target/debug/taskgate');
const FIXTURE = join(ROOT, 'target/debug/examples/dashboard_fixture');
export const ADMIN = 'admin-token-of-the-browser-tests-0123456789';

/** Starts a gateway on a folder of that variant: `ordinary`, `empty`, `crowded` or `hostile`; or beside another, on its folder. */
export async function startGateway(variant, settings = {}, other = undefined) {
  const gateway = new Gateway(variant, settings, other);
  await gateway.start();
  return gateway;
}

class Gateway {
  constructor(variant, settings, other) {
    this.folder = other?.folder ?? mkdtempSync(join(tmpdir(), 'taskgate-dashboard-'));
    this.settings = {
      PATH: process.env.PATH,
      MCP_PORT: '0',
      MCP_ADMIN_TOKEN: ADMIN,
      RATE_LIMIT_ENABLED: 'false',
      TASKGATE_DATA_DIR: this.folder,
      TASKGATE_LOG_FORMAT: 'json',
      TASKGATE_SAMPLE_BOARD: 'false',
      RUST_LOG: 'debug',
      ...settings,
    };
    /** A key of each role: guest, viewer, manager, admin, agent. */
    this.keys = other?.keys ?? JSON.parse(this.run(FIXTURE, [variant]));
    /** What no log, page, header or URL may hold. */
    this.secrets = new Set([ADMIN, ...Object.values(this.keys)]);
    this.log = '';
  }

  run(program, args) {
    return execFileSync(program, args, { env: this.settings, cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** A command of `taskgate` on the same folder; what it prints. */
  command(...args) {
    return this.run(BINARY, args);
  }

  async start() {
    this.child = spawn(BINARY, [], { env: this.settings, cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    const from = this.log.length;
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.log += text; });
    const port = await new Promise((found, failed) => {
      const look = () => {
        const line = /"listening on [0-9.]+:(\d+): /.exec(this.log.slice(from));
        if (line) found(line[1]);
      };
      this.child.stderr.on('data', look);
      this.child.on('exit', (code) => failed(new Error(`the gateway ended with ${code}: ${this.log.slice(-2000)}`)));
    });
    // Started again it is where it was.
    this.settings.MCP_PORT = port;
    this.origin = `http://127.0.0.1:${port}`;
    this.url = this.origin + (this.settings.TASKGATE_PUBLIC_URL ? new URL(this.settings.TASKGATE_PUBLIC_URL).pathname : '');
    this.url = this.url.replace(/\/$/, '');
  }

  /** Ends the process as an operator does. */
  async halt() {
    this.child.removeAllListeners('exit');
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await within('the gateway ends', ended);
  }

  /** Ends it for good. */
  async stop() {
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
    for (const secret of this.secrets) assert.ok(!this.log.includes(secret), 'a secret is in the log');
  }

  /** A call with a key, as scripts make it. */
  async api(method, path, key = ADMIN, body = undefined) {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    const asked = fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const answer = await within(`${method} ${path}`, asked);
    const text = await within(`the answer to ${method} ${path}`, answer.text());
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  }

  /** A tool call of an agent. */
  async tool(name, args, key = this.keys.agent) {
    const protocol = '2026-07-28';
    const answer = await within(name, fetch(`${this.url}/mcp`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        'MCP-Protocol-Version': protocol,
        'Mcp-Method': 'tools/call',
        'Mcp-Name': name,
      },
      body: JSON.stringify({
        jsonrpc: '2.0', id: 1, method: 'tools/call',
        params: {
          name, arguments: args,
          _meta: { 'io.modelcontextprotocol/protocolVersion': protocol, 'io.modelcontextprotocol/clientCapabilities': {} },
        },
      }),
    }));
    const { result, error } = await within(`the answer to ${name}`, answer.json());
    assert.ok(result && !result.isError, JSON.stringify(error ?? result));
    return result.structuredContent;
  }
}
