// A server of the built program on a port of its own, and a Chromium to look at it; for the tests.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const ROOT = resolve(import.meta.dirname, "../..");
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const PROGRAM = resolve(process.env.DELEVER ?? join(ROOT, "build/release/delever"));

// Why nothing can be looked at here; null: all is there.
export function missing() {
  if (!existsSync(PROGRAM)) return `${PROGRAM} is not built`;
  if (!existsSync(join(ROOT, "web/dist/index.html"))) return "the page is not built (make page)";
  if (!existsSync(join(ROOT, "web/node_modules/playwright-core"))) return "npm packages are not installed (make page)";
  if (!existsSync(CHROMIUM)) return `no Chromium at ${CHROMIUM} (apt-get install chromium)`;
  return null;
}

export async function serve(...options) {
  const folder = mkdtempSync(join(tmpdir(), "delever-page-"));
  const ready = join(folder, "url");
  const server = spawn(PROGRAM, ["serve", "--listen", "127.0.0.1:0", "--ready-file", ready, ...options], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((done) => server.once("exit", done));
  for (let i = 0; i < 300 && !existsSync(ready); ++i) await sleep(100);
  const url = readFileSync(ready, "utf8").trim();
  return {
    url,
    async close() {
      server.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

export async function browse() {
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

// Where nothing is known brief says so by its exit code, 4, after it has printed what is missing.
export function brief(...options) {
  const ran = spawnSync(PROGRAM, ["brief", "--format", "json", ...options], { cwd: ROOT, maxBuffer: 1 << 28 });
  if (ran.status !== 0 && ran.status !== 4) throw new Error(String(ran.stderr));
  return JSON.parse(ran.stdout);
}

export async function asked(url, path) {
  const answer = await fetch(url + path);
  return answer.json();
}
