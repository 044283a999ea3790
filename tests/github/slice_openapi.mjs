// The part of GitHub's official OpenAPI description that the gateway asks for, with what it refers to: the whole takes Prism a
// quarter of a minute to read. It says that answers are `application/json`; GitHub takes its own media type in `Accept`, too.
//   node tests/github/slice_openapi.mjs FOLDER-WITH-node_modules PATH... > slice.json
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [modules, ...wanted] = process.argv.slice(2);
const whole = JSON.parse(
  readFileSync(join(modules, 'node_modules/@octokit/openapi/generated/api.github.com.json'), 'utf8'),
);
const paths = {};
for (const path of wanted) {
  if (!whole.paths[path]) throw new Error(`${path} is not in GitHub's description`);
  paths[path] = whole.paths[path];
}

const components = {};
const refer = (value) => {
  if (value === null || typeof value !== 'object') return;
  if (value.content?.['application/json']) value.content['application/vnd.github+json'] = value.content['application/json'];
  if (typeof value.$ref === 'string') {
    const [kind, name] = value.$ref.replace('#/components/', '').split('/');
    components[kind] ??= {};
    if (!(name in components[kind])) {
      components[kind][name] = whole.components[kind][name];
      refer(components[kind][name]);
    }
  }
  for (const part of Object.values(value)) refer(part);
};
refer(paths);
process.stdout.write(JSON.stringify({ openapi: whole.openapi, info: whole.info, servers: whole.servers, paths, components }));
