// A board at GitHub that is no fake of ours: `emulate` keeps the issues, and Prism's contract proxy stands between, over GitHub's
// official description. Work goes over it from making a task to finishing it; a request that the description does not allow fails
// this, and so does an issue that is not closed in the end.
//   node tests/github/board_contract.mjs FOLDER-WITH-node_modules TASKGATE-BINARY NODE-22
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, fail, start, until } from './children.mjs';

const [modules, taskgate, node22] = process.argv.slice(2);
const ISSUE = '/repos/{owner}/{repo}/issues/{issue_number}';
const PATHS = ['/repos/{owner}/{repo}', '/repos/{owner}/{repo}/labels', '/repos/{owner}/{repo}/issues', ISSUE,
  `${ISSUE}/labels`, `${ISSUE}/labels/{name}`, `${ISSUE}/comments`, `${ISSUE}/dependencies/blocked_by`,
  '/repos/{owner}/{repo}/issues/comments/{comment_id}'];
const work = mkdtempSync(join(tmpdir(), 'taskgate-board-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
writeFileSync(join(work, 'seed.yaml'), `tokens:
  ghp_contract: {login: octocat, scopes: [repo, user]}
github:
  users: [{login: octocat, name: The Octocat, email: octocat@example.test}]
  repos: [{owner: octocat, name: hello-world, auto_init: true}]
`);
const emulate = join(modules, 'node_modules/emulate/dist/index.js');
start(node22, [emulate, 'start', '--service', 'github', '--port', port, '--host', '127.0.0.1', '--seed', join(work, 'seed.yaml')]);
const github = `http://127.0.0.1:${port}`;
await until('an answer of emulate', () => fetch(`${github}/rate_limit`).catch(() => null));
writeFileSync(join(work, 'slice.json'), execFileSync('node', ['tests/github/slice_openapi.mjs', modules, ...PATHS], { maxBuffer: 1e8 }));
const prism = join(modules, 'node_modules/@stoplight/prism-cli/dist/index.js');
const proxy = start('node', [prism, 'proxy', '-h', '127.0.0.1', '-p', '0', join(work, 'slice.json'), github]);
const proxied = await until('a start of Prism', () => proxy.said.match(/http:\/\/127\.0\.0\.1:[1-9]\d*/)?.[0]);
// Neither of them knows GraphQL, by which the gateway asks who it is.
const viewer = createHttpServer((_, answer) => answer.end(JSON.stringify({ data: { viewer: { login: 'octocat' } } })));
await new Promise((resolve) => viewer.listen(0, '127.0.0.1', resolve));

const gateway = start(taskgate, [], { MCP_PORT: '0', TASKGATE_DATA_DIR: join(work, 'data'), TASKGATE_LOG_FORMAT: 'json',
  RATE_LIMIT_ENABLED: 'false', MCP_AUTH_TOKENS: 'contract-key', GITHUB_OWNER: 'octocat', GITHUB_REPO: 'hello-world',
  GITHUB_TOKEN: 'ghp_contract', GITHUB_API_URL: proxied,
  GITHUB_GRAPHQL_URL: `http://127.0.0.1:${viewer.address().port}/graphql` });
const address = await until('a start of the gateway', () => gateway.said.match(/listening on ([\d.]+:\d+)/)?.[1]);
const tool = (name, args) => call(address, name, args);

await tool('register_agent', { agent_id: 'ana', name: 'Ana', role: 'dev', skills: [] });
const made = await tool('create_task', { title: 'Mend the pump', description: 'It leaks.', priority: 'high' });
const { task } = await tool('request_next_task', { agent_id: 'ana' });
if (task?.id !== made.task.id) fail(`another task was granted than was made: ${JSON.stringify([made, task])}`);
for (const [status, message] of [['in_progress', 'half of it'], ['in_progress', 'most of it'], ['completed', 'all of it']]) {
  await tool('report_task_progress', { agent_id: 'ana', task_id: task.id, status, message });
  await until(`a board that has ${message}`, async () => (await tool('get_project_status', {})).board_sync.pending === 0);
}

const ask = async (path) => (await fetch(`${github}/repos/octocat/hello-world/${path}`, { headers: { authorization: 'Bearer ghp_contract' } })).json();
const issue = await ask('issues/1');
if (issue.state !== 'closed' || issue.state_reason !== 'completed') fail(`it is not closed: ${JSON.stringify(issue)}`);
const comments = await ask('issues/1/comments');
if (!comments.at(-1)?.body.includes('all of it')) fail(`it does not say so: ${JSON.stringify(comments)}`);
const violations = proxy.said.split('\n').filter((line) => /Violation: request/i.test(line));
if (violations.length > 0) fail(violations.join('\n'));
const asked = new Set([...proxy.said.matchAll(/(get|post|patch|delete)\s+(\/repos\S*)/gi)].map((one) => `${one[1].toUpperCase()} ${one[2].split('?')[0]}`));
if (asked.size < 6) fail(`too little was asked: ${[...asked].join(', ')}`);
console.log(`${asked.size} kinds of requests about a board are as GitHub's description has them: ${[...asked].join(', ')}`);
process.exit(0);
