// Programs that a check starts, which end with it, and calls of the gateway's tools.
import { spawn } from 'node:child_process';

const children = [];
process.on('exit', () => children.forEach((child) => child.kill()));

export const fail = (text) => {
  console.error(text);
  process.exit(1);
};

export const start = (program, args, env) => {
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  children.push(child);
  child.said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (child.said += text));
  return child;
};

/** What `found` answers at last; half a minute is given. */
export const until = async (what, found) => {
  for (let tries = 0; tries < 300; tries += 1) {
    const value = await found();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return fail(`it never came to ${what}:\n${children.map((child) => child.said).join('\n')}`);
};

/** Calls a tool of the gateway at that address, as any client does. */
export const call = async (address, name, args) => {
  const answer = await fetch(`http://${address}/mcp`, {
    method: 'POST',
    headers: { authorization: 'Bearer contract-key', 'content-type': 'application/json', accept: 'application/json',
      'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } } }),
  });
  const { result, error } = await answer.json();
  if (error || result.isError) fail(`${name} ${JSON.stringify(args)}: ${JSON.stringify(error ?? result)}`);
  return result.structuredContent;
};
