// Compares two documents with the official differ: the old and the new path as arguments. The parser resolves the references, as
// the differ wants it. Prints how many changes it puts in each of its three classes.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { diff } from '@asyncapi/diff';

const parser = new Parser();

async function read(path) {
  const { document, diagnostics } = await parser.parse(readFileSync(path, 'utf8'), { source: path });
  if (document === undefined) throw new Error(`${path} is refused: ${JSON.stringify(diagnostics[0])}`);
  return document.json();
}

const [older, newer] = process.argv.slice(2);
const found = diff(await read(older), await read(newer));
console.log(JSON.stringify({
  breaking: found.breaking().length,
  nonBreaking: found.nonBreaking().length,
  unclassified: found.unclassified().length,
}));
