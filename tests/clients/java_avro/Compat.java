// Avro Java as a peer in the benchmark of the checker: two files with a reader's and a writer's schema as arguments. Each line of
// the standard input is a number of rounds; a round parses both schemas and checks them, or only checks them. Answered are the
// verdict and the nanoseconds of CPU that the thread spent.
//
// all N        N rounds of parsing both schemas and checking them
// check N      N rounds of checking them, parsed before
// version      the version of Avro

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

public final class Compat {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private Compat() {
  }

  public static void main(String[] args) throws Exception {
    String reader = Files.readString(Path.of(args[0]));
    String writer = Files.readString(Path.of(args[1]));
    Schema parsedReader = new Schema.Parser().parse(reader);
    Schema parsedWriter = new Schema.Parser().parse(writer);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      if (words[0].equals("version")) {
        System.out.println(Schema.class.getPackage().getImplementationVersion() + ", Java " + Runtime.version());
        continue;
      }
      boolean all = words[0].equals("all");
      int rounds = Integer.parseInt(words[1]);
      SchemaCompatibility.SchemaCompatibilityType verdict = null;
      long start = THREADS.getCurrentThreadCpuTime();
      for (int n = 0; n < rounds; n++) {
        Schema r = all ? new Schema.Parser().parse(reader) : parsedReader;
        Schema w = all ? new Schema.Parser().parse(writer) : parsedWriter;
        verdict = SchemaCompatibility.checkReaderWriterCompatibility(r, w).getType();
      }
      System.out.println(verdict + " " + (THREADS.getCurrentThreadCpuTime() - start));
    }
  }
}
