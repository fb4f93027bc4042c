// A gzip beside each file of dist/, for clients that take it, and the sum of them.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

let raw = 0, packed = 0;
const walk = (folder) => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) walk(path);
    else if (!path.endsWith(".gz")) {
      const bytes = readFileSync(path), small = gzipSync(bytes, { level: 9 });
      raw += bytes.length;
      packed += small.length;
      if (small.length < bytes.length) writeFileSync(path + ".gz", small);
    }
  }
};
walk("dist");
console.log(`page: ${raw} bytes, ${packed} compressed`);
if (packed > 1_000_000) {
  console.error("page: more than 1 MB compressed");
  process.exit(1);
}
