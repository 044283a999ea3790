// Debian's nginx in front of a gateway, as a user has it who sets nothing but where to pass requests.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts it in front of that port of this machine. */
export async function startNginx(port) {
  const folder = mkdtempSync(join(tmpdir(), 'taskgate-nginx-'));
  const own = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  writeFileSync(join(folder, 'nginx.conf'), `
daemon off; pid ${folder}/pid; user root;
events {}
http {
  access_log off; ${temporary.join(' ')}
  server { listen 127.0.0.1:${own}; location / { proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Connection ""; } }
}
`);
  const child = spawn('/usr/sbin/nginx', ['-e', `${folder}/error.log`, '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
  const origin = `http://127.0.0.1:${own}`;
  const begun = Date.now();
  while (!await fetch(`${origin}/health`).then(({ ok }) => ok, () => false)) {
    assert.ok(child.exitCode === null && Date.now() - begun < 10_000, 'nginx does not start');
  }
  return {
    origin,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
