// Avro Java as an oracle for the tests: one JSON object per line in, one per line out.
//
// parse    { schema, validate }            the Parsing Canonical Form, its fingerprints, and the text as Avro prints it
// decode   { writer, reader, hex }         the value as Avro JSON and as bytes, and whether the schemas are compatible
// json     { schema, json }                the bytes of a value that is given as Avro JSON
// protocol { text }                        the types and messages of an .avpr file
// idl      { path }                        the same of an .avdl file, which may import others
// idl      { folder, text }                the same of a text; imports are looked for in the folder
//
// What Avro refuses is answered with { error }.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HexFormat;
import org.apache.avro.Protocol;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.idl.IdlFile;
import org.apache.avro.idl.IdlReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.Encoder;
import org.apache.avro.io.EncoderFactory;

public final class Oracle {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Oracle() {
  }

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      ObjectNode answer;
      try {
        answer = answer(JSON.readTree(line));
      } catch (Exception | StackOverflowError | OutOfMemoryError | AssertionError e) {
        answer = JSON.createObjectNode().put("error", e.getClass().getSimpleName() + ": " + e.getMessage());
      }
      out.println(JSON.writeValueAsString(answer));
      out.flush();
    }
  }

  private static ObjectNode answer(JsonNode question) throws Exception {
    switch (question.get("op").asText()) {
    case "parse":
      return parse(question);
    case "decode":
      return decode(question);
    case "json":
      return encode(question);
    case "protocol":
      return protocol(Protocol.parse(question.get("text").asText()));
    case "idl":
      return question.has("path") ? idl(new IdlReader().parse(Path.of(question.get("path").asText())))
          : idl(new IdlReader().parse(Path.of(question.get("folder").asText()).toUri(), question.get("text").asText()));
    default:
      throw new IllegalArgumentException("unknown op");
    }
  }

  private static Schema schema(JsonNode text, boolean validate) {
    return new Schema.Parser().setValidateDefaults(validate).parse(text.asText());
  }

  private static ObjectNode parse(JsonNode question) throws Exception {
    Schema schema = schema(question.get("schema"), question.get("validate").asBoolean());
    ObjectNode answer = JSON.createObjectNode();
    answer.put("text", schema.toString());
    answer.put("form", SchemaNormalization.toParsingForm(schema));
    answer.put("rabin", SchemaNormalization.parsingFingerprint64(schema));
    HexFormat hex = HexFormat.of();
    answer.put("md5", hex.formatHex(SchemaNormalization.parsingFingerprint("MD5", schema)));
    answer.put("sha256", hex.formatHex(SchemaNormalization.parsingFingerprint("SHA-256", schema)));
    return answer;
  }

  private static ObjectNode decode(JsonNode question) throws Exception {
    Schema writer = schema(question.get("writer"), false);
    Schema reader = schema(question.get("reader"), false);
    ObjectNode answer = JSON.createObjectNode();
    try {
      answer.put("compatible", SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType().name());
    } catch (Exception e) {
      answer.put("compatible", e.toString());
    }
    byte[] bytes = HexFormat.of().parseHex(question.get("hex").asText());
    try {
      BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
      Object value = new GenericDatumReader<>(writer, reader, new GenericData()).read(null, decoder);
      if (!decoder.isEnd()) {
        throw new IllegalStateException("bytes follow after the value");
      }
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      write(reader, value, EncoderFactory.get().jsonEncoder(reader, text));
      answer.put("json", text.toString(StandardCharsets.UTF_8));
      answer.put("hex", binary(reader, value));
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      answer.put("error", e.getClass().getSimpleName() + ": " + e.getMessage());
    }
    return answer;
  }

  private static ObjectNode encode(JsonNode question) throws Exception {
    Schema schema = schema(question.get("schema"), false);
    Object value = new GenericDatumReader<>(schema, schema, new GenericData()).read(null,
        DecoderFactory.get().jsonDecoder(schema, question.get("json").asText()));
    return JSON.createObjectNode().put("hex", binary(schema, value));
  }

  private static void write(Schema schema, Object value, Encoder encoder) throws Exception {
    new GenericDatumWriter<>(schema, new GenericData()).write(value, encoder);
    encoder.flush();
  }

  private static String binary(Schema schema, Object value) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(schema, value, EncoderFactory.get().binaryEncoder(bytes, null));
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  private static ObjectNode protocol(Protocol protocol) throws Exception {
    ObjectNode answer = types(protocol.getTypes());
    answer.put("protocol", (protocol.getNamespace() == null ? "" : protocol.getNamespace() + ".") + protocol.getName());
    answer.set("messages", JSON.readTree(protocol.toString()).get("messages"));
    return answer;
  }

  private static ObjectNode idl(IdlFile file) throws Exception {
    if (file.getProtocol() != null) {
      return protocol(file.getProtocol());
    }
    // The main schema comes before the named ones: reading it settles the names.
    Schema main = file.getMainSchema();
    ObjectNode answer = types(file.getNamedSchemas().values());
    if (main != null) {
      answer.put("main", main.toString());
    }
    return answer;
  }

  /** Every type on its own, with all that it refers to. */
  private static ObjectNode types(Collection<Schema> types) {
    ObjectNode texts = JSON.createObjectNode();
    for (Schema type : types) {
      texts.put(type.getFullName(), type.toString());
    }
    ObjectNode answer = JSON.createObjectNode();
    answer.set("types", texts);
    return answer;
  }
}
