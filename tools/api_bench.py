#!/usr/bin/env python3
"""The figures of docs/page.md: the API at 200 requests a second while a tape of ten million messages is written and followed.

    tools/api_bench.py build/package/delever [MESSAGES] [SECONDS]

The tape is samples/day.tape with trades added to it; its last minutes are written block by block, five times as fast as they were
received, while the server follows them. Answers are timed from when they were due, so that a late client counts as well."""
import asyncio
import json
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RATE = 200
PATHS = ["readings", "status", "readings?asset=ETH", "series", "chain", "pending", "health", "gaps", "history", "verdict"]
DAY, SECOND = 1_767_571_200, 1_000_000_000


def write_trades(path, rows):
    """Trades of one day as the Tardis archives write them, evenly spread."""
    import numpy as np
    random = np.random.default_rng(1)
    step = 86_400_000_000 // rows
    with open(path, "w") as out:
        out.write("exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n")
        for begin in range(0, rows, 100_000):
            n = min(100_000, rows - begin)
            at = DAY * 1_000_000 + (begin + np.arange(n)) * step
            price = np.round(90_000 - 4_500 * (begin + np.arange(n)) / rows + random.normal(0, 5, n), 1)
            amount = np.round(random.lognormal(-3, 1, n), 3) + 0.001
            out.writelines(f"binance-futures,BTCUSDT,{t},{t + 5_000},{begin + i},{'buy' if i % 3 else 'sell'},{p:.1f},{a:.3f}\n"
                           for i, (t, p, a) in enumerate(zip(at.tolist(), price.tolist(), amount.tolist())))


class Growing:
    """A copy of a closed tape whose last blocks are written while it is read."""

    def __init__(self, whole, path, seconds):
        self.source, self.path = sqlite3.connect(whole, check_same_thread=False), path
        begin = self.source.execute("SELECT max(last_ns) FROM blocks").fetchone()[0] - seconds * SECOND
        # A recorder's block is a second long: those of hours would come too late to be followed in order.
        kept = f"WHERE last_ns <= {begin} OR last_ns - first_ns < {60 * SECOND} ORDER BY last_ns, stream, run, seq"
        self.blocks = [row for (row,) in self.source.execute(f"SELECT id FROM blocks {kept}")]
        late = self.source.execute(f"SELECT count(*) FROM (SELECT * FROM blocks {kept}) WHERE last_ns > ?", (begin,)).fetchone()[0]
        self.late, self.written, self.failed = late, 0, None
        target = sqlite3.connect(path)
        for (sql,) in self.source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"):
            target.execute(sql)
        for pragma in ("application_id", "user_version"):
            target.execute(f"PRAGMA {pragma} = {self.source.execute(f'PRAGMA {pragma}').fetchone()[0]}")
        for table in ("tape", "streams", "streams_copy", "gaps"):
            rows = self.source.execute(f"SELECT * FROM {table}").fetchall()
            if rows:
                target.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
        for block in self.blocks[:-late]:
            self.put(target, block)
        target.commit()
        target.close()
        self.messages = self.source.execute("SELECT sum(count) FROM blocks").fetchone()[0]

    def put(self, target, block):
        head = list(self.source.execute("SELECT stream, run, seq, first_ns, last_ns, count, raw_bytes FROM blocks WHERE id = ?",
                                        (block,)).fetchone())
        (data,) = self.source.execute("SELECT data FROM blocks WHERE id = ?", (block,)).fetchone()
        self.written += 1
        words = b"".join(struct.pack("<Q", word & (1 << 64) - 1) for word in [self.written, *head])
        target.execute("INSERT INTO blocks VALUES (?,?,?,?,?,?,?,?,?,?)", [self.written, *head, zlib.crc32(data, zlib.crc32(words)), data])

    def grow(self, seconds, stop):
        try:
            target = sqlite3.connect(self.path, timeout=30)
            for block in self.blocks[-self.late:]:
                if stop.wait(seconds / self.late):
                    break
                self.put(target, block)
                target.commit()
        except Exception as error:  # noqa: BLE001: told to the main thread
            self.failed = error


class Client:
    """A few connections that are kept, each asked by whoever needs one."""

    def __init__(self, host, port):
        self.host, self.port, self.free = host, port, []

    async def ask(self, path):
        while True:
            kept = bool(self.free)
            reader, writer = self.free.pop() if kept else await asyncio.open_connection(self.host, self.port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode())
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                break
            except (asyncio.IncompleteReadError, ConnectionError):
                if not kept:  # one that was kept for long may be closed
                    raise
        status, length = int(head.split(" ", 2)[1]), int(head.split("content-length:")[1].split("\r\n")[0])
        body = await reader.readexactly(length)
        self.free.append((reader, writer))
        return "" if status == 200 else f"{status} {body[:150].decode()}"


async def ask_for(seconds, host, port):
    client, answers, metrics, bad, tasks = Client(host, port), [], [], {}, []
    for path in ["/metrics", *("/api/v1/" + p for p in PATHS)]:
        await client.ask(path)  # a question that nobody asked before is a pass over the tape: not what is measured
    begin = time.perf_counter()

    async def one(i):
        due = begin + i / RATE
        path = "/metrics" if i % 20 == 10 else "/api/v1/" + PATHS[i % len(PATHS)]
        if wrong := await client.ask(path):
            bad[path, wrong] = bad.get((path, wrong), 0) + 1
        (metrics if path == "/metrics" else answers).append(time.perf_counter() - due)

    for i in range(seconds * RATE):
        if (wait := begin + i / RATE - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(i)))
    await asyncio.gather(*tasks)
    return answers, metrics, bad


def line(name, took):
    took = sorted(took)
    at = lambda share: took[min(len(took) - 1, int(share * len(took)))] * 1e3
    print(f"{name:<24} median {at(0.5):.1f} ms, 99 % {at(0.99):.1f} ms, most {took[-1] * 1e3:.1f} ms of {len(took)}")


def get(url):
    with urllib.request.urlopen(url, timeout=600) as answer:
        return json.load(answer)


def measure(program, folder, messages, seconds):
    trades, whole, growing = folder / "trades.csv", folder / "whole.tape", folder / "growing.tape"
    shutil.copy(ROOT / "samples/day.tape", whole)
    write_trades(trades, messages)
    subprocess.run([program, "import", "csv", "--map", ROOT / "maps/tardis-trades.toml", trades, "--out", whole], check=True,
                   stdout=subprocess.DEVNULL)
    trades.unlink()
    tape = Growing(whole, growing, 5 * (seconds + 60))
    ready, stop = folder / "url", threading.Event()
    server = subprocess.Popen([program, "serve", "--tape", growing, "--listen", "127.0.0.1:0", "--ready-file", ready])
    writer = threading.Thread(target=tape.grow, args=(seconds + 60, stop))
    try:
        while not ready.exists() or not ready.read_text().strip():
            time.sleep(0.1)
        url, begin = ready.read_text().strip(), time.perf_counter()
        first = get(f"{url}/api/v1/readings")["as_of"]
        print(f"{tape.messages:,} messages in {len(tape.blocks)} blocks; the first answer after {time.perf_counter() - begin:.1f} s")
        writer.start()
        time.sleep(5)
        host, port = url.split("//")[1].rstrip("/").split(":")
        answers, metrics, bad = asyncio.run(ask_for(seconds, host, int(port)))
        last = get(f"{url}/api/v1/readings")["as_of"]
    finally:
        stop.set()
        if writer.is_alive():
            writer.join()
        server.terminate()
        server.wait()
    if tape.failed:
        raise tape.failed
    line(f"answers at {RATE}/s", answers)
    line("/metrics", metrics)
    print(f"read meanwhile: {first} to {last}; refused or failed: {bad or 'none'}")
    return 1 if bad or first == last else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="delever-") as name:
        sys.exit(measure(Path(sys.argv[1]).resolve(), Path(name), int((sys.argv[2:] or ["10000000"])[0]),
                         int((sys.argv[3:] or ["30"])[0])))
