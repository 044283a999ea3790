// Every GraphQL document that the gateway sends, against GitHub's official schema as npm has it. What is on GitHub and not yet in
// that schema stands in NEWER, with the reason; what stands there and is in the schema by now is told.
//   node tests/github/validate_graphql.mjs FOLDER-WITH-node_modules [MORE-DOCUMENTS...]
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

// Error as the validator words it -> why it is none.
const NEWER = new Map([]);

const [modules, ...more] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), 'here.js'));
const { buildSchema, parse, validate } = require('graphql');
const sdl = readFileSync(join(modules, 'node_modules/@octokit/graphql-schema/schema.graphql'), 'utf8');
// Two fields of the official text are named twice.
const schema = buildSchema(sdl, { assumeValidSDL: true });

const documents = readdirSync('src', { recursive: true })
  .map((name) => join('src', name))
  .filter((name) => name.endsWith('.graphql') && !name.startsWith(join('src', 'boards', 'linear')))
  .concat(more);
const seen = new Set();
let wrong = 0;
for (const document of documents) {
  for (const error of validate(schema, parse(readFileSync(document, 'utf8')))) {
    seen.add(error.message);
    if (NEWER.has(error.message)) continue;
    const { line } = error.locations?.[0] ?? {};
    console.error(`${document}:${line}: ${error.message}`);
    wrong += 1;
  }
}
for (const message of NEWER.keys()) {
  if (!seen.has(message)) {
    console.error(`the schema has it by now, or nobody asks for it: ${message}`);
    wrong += 1;
  }
}
if (documents.length === 0) {
  console.error('there is no document');
  wrong += 1;
}
if (wrong > 0) process.exit(1);
console.log(`${documents.length} documents are as GitHub's schema has it`);
