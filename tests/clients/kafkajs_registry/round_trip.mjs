// Registers, reads back, encodes and decodes with @kafkajs/confluent-schema-registry. Usage: node round_trip.mjs URL
// Prints one JSON object: for each format the id and the message in hex. Any surprise ends it with an error.
import assert from 'node:assert/strict'
import pkg from '@kafkajs/confluent-schema-registry'

const { SchemaRegistry, SchemaType, COMPATIBILITY } = pkg
const host = process.argv[2]
const registry = new SchemaRegistry({ host })
const fresh = () => new SchemaRegistry({ host })
const result = {}

const order = {
  type: 'record',
  name: 'Order',
  namespace: 'kafkajs',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'lines', type: { type: 'array', items: 'long' }, default: [] },
  ],
}
const proto = 'syntax = "proto3";\npackage kafkajs;\nmessage Parcel { string id = 1; int32 weight = 2; }\n'
const note = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { id: { type: 'string' } },
  required: ['id'],
}

const kinds = {
  avro: [SchemaType.AVRO, JSON.stringify(order), { id: 'a-1', lines: [1, 2] }],
  protobuf: [SchemaType.PROTOBUF, proto, { id: 'p-1', weight: 7 }],
  json: [SchemaType.JSON, JSON.stringify(note), { id: 'n-1' }],
}
for (const [kind, [type, schema, message]] of Object.entries(kinds)) {
  const subject = `kafkajs-${kind}-value`
  const { id } = await registry.register({ type, schema }, { subject })
  const again = await fresh().register({ type, schema }, { subject })
  assert.equal(again.id, id)
  assert.equal(await fresh().getLatestSchemaId(subject), id)
  assert.equal(await fresh().getRegistryId(subject, 1), id)
  assert.equal(await fresh().getRegistryIdBySchema(subject, { type, schema }), id)
  const bytes = await registry.encode(id, message)
  // Another client knows nothing yet, and asks for the schema by its id.
  const decoded = await fresh().decode(bytes)
  assert.deepEqual(JSON.parse(JSON.stringify(decoded)), message)
  result[kind] = { id, message: bytes.toString('hex') }
}

// What breaks is refused with the error that the client knows.
const broken = { ...order, fields: [...order.fields, { name: 'who', type: 'string' }] }
const refused = registry.register(
  { type: SchemaType.AVRO, schema: JSON.stringify(broken) },
  { subject: 'kafkajs-avro-value', compatibility: COMPATIBILITY.BACKWARD },
)
await assert.rejects(refused, (error) => /incompatible|409/i.test(`${error.message} ${error.status}`))
await assert.rejects(fresh().getSchema(999999), /not found/i)
console.log(JSON.stringify(result))
