// Every REST request that the gateway sends to GitHub, through Prism's contract proxy over GitHub's official description: a request
// that the description does not allow fails this. Behind the proxy a stand-in answers with the examples of the description.
//   node tests/github/rest_contract.mjs FOLDER-WITH-node_modules TASKGATE-BINARY
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, fail, start, until } from './children.mjs';

const [modules, taskgate] = process.argv.slice(2);
const PULLS = '/repos/{owner}/{repo}/pulls';
const TOKENS = '/app/installations/{installation_id}/access_tokens';
const work = mkdtempSync(join(tmpdir(), 'taskgate-rest-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const slice = execFileSync('node', ['tests/github/slice_openapi.mjs', modules, PULLS, TOKENS], { maxBuffer: 1e8 });
writeFileSync(join(work, 'slice.json'), slice);
const { components } = JSON.parse(slice);
const [example] = components.examples['pull-request-simple-items'].value;
for (const team of example.requested_teams) team.type ??= 'organization';
const pull = (number, owner, ref) => ({
  ...example,
  number,
  html_url: `https://github.com/octocat/hello/pull/${number}`,
  head: { ...example.head, ref, label: `${owner}:${ref}`, user: { ...example.head.user, login: owner } },
});

const seen = [];
const listen = (handle) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => handle(request, body, (status, value) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
      }));
    });
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
    server.unref();
  });

const upstream = await listen((request, _, answer) => {
  const url = new URL(request.url, 'http://stand-in');
  seen.push(`${request.method} ${url.pathname}${url.search}`);
  if (url.pathname.endsWith('/access_tokens')) {
    const expires_at = new Date(Date.now() + 3600_000).toISOString();
    return answer(201, { token: 'ghs_contract', expires_at, permissions: { pull_requests: 'write' } });
  }
  const all = [pull(7, 'octocat', 'topic'), pull(9, 'mona', 'topic')];
  const head = url.searchParams.get('head');
  return answer(200, head ? all.filter((one) => one.head.label === head) : all);
});
// Prism knows no GraphQL: that has a check of its own.
const graphql = await listen((_, __, answer) => answer(200, { data: { viewer: { login: 'octocat' } } }));

const prism = join(modules, 'node_modules/@stoplight/prism-cli/dist/index.js');
const proxy = start('node', [prism, 'proxy', '-h', '127.0.0.1', '-p', '0', join(work, 'slice.json'), `http://127.0.0.1:${upstream}`]);
const proxied = await until('a start of Prism', () => proxy.said.match(/http:\/\/127\.0\.0\.1:[1-9]\d*/)?.[0]);

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const shared = { MCP_PORT: '0', TASKGATE_STORE: 'memory', TASKGATE_LOG_FORMAT: 'json', RATE_LIMIT_ENABLED: 'false',
  MCP_AUTH_TOKENS: 'contract-key', TASKGATE_SHARE_GITHUB_TOKEN: 'true', GITHUB_API_URL: proxied,
  GITHUB_GRAPHQL_URL: `http://127.0.0.1:${graphql}/graphql` };
const credentials = {
  'a token': { GITHUB_TOKEN: 'ghp_contract' },
  'an App': { GITHUB_APP_ID: '12', GITHUB_APP_INSTALLATION_ID: '34',
    GITHUB_APP_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }) },
};
const CALLS = [
  ['resolve_open_pr_url', { owner: 'octocat', repo: 'hello', branch: 'topic' }],
  ['resolve_open_pr_url', { owner: 'octocat', repo: 'hello', branch: 'mona:topic' }],
  ['resolve_open_pr_url', { owner: 'octocat', repo: 'hello', branch: 'topic', select_strategy: 'latest' }],
  ['resolve_open_pr_url', { owner: 'octocat', repo: 'hello', branch: 'topic', select_strategy: 'first' }],
  ['list_open_pull_requests', { owner: 'octocat', repo: 'hello' }],
];

for (const [kind, credential] of Object.entries(credentials)) {
  const gateway = start(taskgate, [], { ...shared, ...credential, TASKGATE_DATA_DIR: join(work, kind) });
  const url = await until(`a start with ${kind}`, () => gateway.said.match(/listening on ([\d.]+:\d+)/)?.[1]);
  for (const [name, args] of CALLS) {
    await call(url, name, args);
  }
  gateway.kill();
}

const violations = proxy.said.split('\n').filter((line) => /Violation: request/i.test(line));
if (violations.length > 0) fail(violations.join('\n'));
const kinds = new Set(seen.map((line) => line.split('?')[0]));
if (kinds.size < 2) fail(`too little was asked: ${seen.join(', ')}`);
console.log(`${seen.length} REST requests are as GitHub's description has them: ${[...kinds].join(', ')}`);
process.exit(0);
