// The official TypeScript SDK, 1.x line: SSE and Streamable HTTP.

import assert from 'node:assert/strict';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const url = process.env.TASKGATE_URL;
const options = { requestInit: { headers: { Authorization: `Bearer ${process.env.TASKGATE_KEY}` } } };

const transports = {
  sse: () => new SSEClientTransport(new URL(`${url}/sse`), options),
  'streamable-http': () => new StreamableHTTPClientTransport(new URL(`${url}/mcp`), options),
};

async function lists(client) {
  const { tools } = await client.listTools();
  assert.equal(tools.length, 19);
  const { prompts } = await client.listPrompts();
  assert.deepEqual(prompts.map((prompt) => prompt.name), ['work_next_task', 'review_board', 'address_review_comments']);
  const { contents } = await client.readResource({ uri: 'taskgate://board' });
  assert.match(contents[0].text, /^# Board/);
}

async function worksATask(client, agent) {
  const call = async (name, args) => {
    const result = await client.callTool({ name, arguments: args });
    assert.ok(!result.isError, JSON.stringify(result));
    assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
    return result.structuredContent;
  };
  assert.equal((await call('ping', { echo: 'hi' })).echo, 'hi');
  await call('create_task', { title: `for ${agent}`, priority: 'urgent' });
  await call('register_agent', { agent_id: agent, name: agent, role: 'Tester', skills: ['typescript'] });
  const { task } = await call('request_next_task', { agent_id: agent });
  const report = { agent_id: agent, task_id: task.id, status: 'completed', progress: 100, message: 'done' };
  assert.equal((await call('report_task_progress', report)).success, true);
  assert.equal((await call('get_task', { task_id: task.id })).task.status, 'done');
}

async function meetsRefusals(client) {
  const wrong = await client.callTool({ name: 'ping', arguments: { echo: 5 } });
  assert.ok(wrong.isError && wrong.content[0].text.includes('echo'));
  await assert.rejects(client.callTool({ name: 'destroy', arguments: {} }), /Unknown tool/);
}

async function walk(name, transport) {
  const client = new Client({ name: 'walk', version: '1.0.0' });
  await client.connect(transport);
  await lists(client);
  await worksATask(client, `typescript-${name}`);
  await meetsRefusals(client);
  await client.close();
}

let passed = 0;
for (const [name, transport] of Object.entries(transports)) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('60 seconds passed')), 60_000).unref());
  try {
    await Promise.race([walk(name, transport()), late]);
    passed += 1;
    console.log(`ok typescript ${name}`);
  } catch (error) {
    console.log(`FAILED typescript ${name}`, error);
  }
}
const failed = Object.keys(transports).length - passed;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
