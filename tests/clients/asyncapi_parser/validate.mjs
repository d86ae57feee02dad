// Validates documents with the official parser. Paths as arguments, or one on each line of the standard input; for each one a
// line of JSON: `path`, `valid`, and `diagnostics` with `code`, `severity`, `path`, `line`, `column` (1-based) and `message`.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser';
import { OpenAPISchemaParser } from '@asyncapi/openapi-schema-parser';
import { ProtoBuffSchemaParser } from '@asyncapi/protobuf-schema-parser';

const severities = ['error', 'warning', 'info', 'hint'];
// Nothing is fetched: a remote reference is an error here, as it is with us.
const offline = { schema: 'http', order: 1, canRead: true, read: () => { throw new Error('no network'); } };
const parser = new Parser({
  schemaParsers: [AvroSchemaParser(), OpenAPISchemaParser(), ProtoBuffSchemaParser()],
  __unstable: { resolver: { resolvers: [offline, { ...offline, schema: 'https' }] } },
});

async function validate(path) {
  const { diagnostics, document } = await parser.parse(readFileSync(path, 'utf8'), { source: path });
  return {
    path,
    valid: document !== undefined && !diagnostics.some(found => found.severity === 0),
    diagnostics: diagnostics.map(found => ({
      code: found.code,
      severity: severities[found.severity],
      path: found.path,
      line: found.range.start.line + 1,
      column: found.range.start.character + 1,
      message: found.message,
    })),
  };
}

const given = process.argv.slice(2);
const paths = given.length > 0 ? given : readFileSync(0, 'utf8').split('\n').filter(line => line !== '');
for (const path of paths) console.log(JSON.stringify(await validate(path)));
