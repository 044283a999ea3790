// Every GraphQL document that is sent to Linear, against Linear's official schema (tests/data/linear). A field that is
// deprecated there counts as one that is not.
//   node tests/linear/validate_graphql.mjs FOLDER-WITH-node_modules [MORE-DOCUMENTS...]
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

const FOLDER = 'src/boards/linear/queries';

const [modules, ...more] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), 'here.js'));
const { NoDeprecatedCustomRule, buildSchema, parse, specifiedRules, validate } = require('graphql');
const schema = buildSchema(gunzipSync(readFileSync('tests/data/linear/schema.graphql.gz')).toString());

const documents = readdirSync(FOLDER).map((name) => join(FOLDER, name)).concat(more);
let wrong = documents.length === 0 ? 1 : 0;
for (const document of documents) {
  const rules = [...specifiedRules, NoDeprecatedCustomRule];
  for (const error of validate(schema, parse(readFileSync(document, 'utf8')), rules)) {
    console.error(`${document}:${error.locations?.[0]?.line}: ${error.message}`);
    wrong += 1;
  }
}
if (wrong > 0) process.exit(1);
console.log(`${documents.length} documents are as Linear's schema has it`);
