#!/usr/bin/env python3
"""Measures how long after a read returned a recorder's receive time was taken.

    tools/receive_stamp.py build/release/delever [messages] [milliseconds between two]

A twin of OKX plays trades to a recorder whose recv() goes through a library that is loaded before libc: after each read it
notes the clock and the bytes. Every message of the tape is then looked for in the reads, and its receive time must lie
between the end of the read that brought it and the next read; the distance from that end is what is told. Nothing of the
program is changed for it."""
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

# A copy of what each read brought and the wall clock as it is handed back, in memory that is there already; written at the end.
PRELOADED = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
static const size_t room = 128 << 20;
static char *kept, *at;
static ssize_t (*real)(int, void*, size_t, int);
__attribute__((constructor)) static void begin(void) {
  real = (ssize_t(*)(int, void*, size_t, int))dlsym(RTLD_NEXT, "recv");
  at = kept = mmap(0, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}
ssize_t recv(int fd, void* into, size_t size, int flags) {
  const ssize_t got = real(fd, into, size, flags);
  if (got <= 0 || at + got + 16 > kept + room) return got;
  memcpy(at + 16, into, got);
  long long* const note = (long long*)at;
  at += (16 + got + 7) / 8 * 8;
  note[1] = got;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  note[0] = now.tv_sec * 1000000000LL + now.tv_nsec;
  return got;
}
__attribute__((destructor)) static void end(void) {
  FILE* const notes = fopen(getenv("RECEIVE_NOTES"), "w");
  if (!notes) return;
  fwrite(kept, 1, at - kept, notes);
  fclose(notes);
}
"""


def played(folder, delever, count, every_ms):
    """A tape of one stream, made through the program's own import."""
    capture = folder / "played.raw"
    with open(capture, "w") as out:
        for i in range(count):
            ns = 1_769_760_000_000_000_000 + int(i * every_ms * 1e6)
            message = {"arg": {"channel": "trades", "instId": "BTC-USDT-SWAP"},
                       "data": [{"instId": "BTC-USDT-SWAP", "tradeId": str(i + 1), "px": "84250.1", "sz": "1",
                                 "side": "buy", "ts": str(ns // 1_000_000), "count": "1"}]}
            out.write(f"{ns} {json.dumps(message, separators=(',', ':'))}\n")
    tape = folder / "played.tape"
    subprocess.run([delever, "import", "raw", "--decoder", "okx", capture, "--out", tape],
                   check=True, stdout=subprocess.DEVNULL)
    return tape


def recorded(folder, delever, tape, seconds):
    """The tape of a recorder beside a twin, and what its reads noted."""
    source, library = folder / "notes.c", folder / "notes.so"
    source.write_text(PRELOADED)
    subprocess.run(["gcc", "-O2", "-w", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    ready, out, notes = folder / "url", folder / "heard.tape", folder / "notes"
    twin = subprocess.Popen([delever, "twin", "okx", "--tape", tape, "--ready-file", ready],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not ready.exists() or not ready.read_text().strip():
            pass
        subprocess.run([delever, "record", "okx:BTC-USDT-SWAP", "--url", f"okx={ready.read_text().strip()}", "--out", out,
                        "--for", f"{seconds}s"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                       env={**os.environ, "LD_PRELOAD": str(library), "RECEIVE_NOTES": str(notes)})
    finally:
        twin.send_signal(signal.SIGTERM)
        twin.wait()
    return out, notes


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    delever = Path(sys.argv[1]).resolve()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    every_ms = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tape = played(folder, delever, count, every_ms)
        out, notes = recorded(folder, delever, tape, int(count * every_ms / 1000) + 4)
        reads, of_trade, noted, place = [], {}, notes.read_bytes(), 0
        while place < len(noted):
            at, size = struct.unpack_from("=qq", noted, place)
            for trade in re.findall(rb'"tradeId":"(\d+)"[^{}]*}]}', noted[place + 16:place + 16 + size]):
                of_trade[int(trade)] = len(reads)
            reads.append(at)
            place += (16 + size + 7) // 8 * 8
        text = subprocess.run([delever, "tape", "cat", out], check=True, capture_output=True, text=True).stdout
        far, early, late, lost = [], 0, 0, 0
        for line in text.splitlines():
            trade = re.search(r'"tradeId":"(\d+)"', line)
            if not trade:
                continue
            if int(trade[1]) not in of_trade:  # it came in two reads
                lost += 1
                continue
            read, at = of_trade[int(trade[1])], int(line.split(" ", 1)[0])
            if at < reads[read]:
                early += 1
            elif read + 1 < len(reads) and at >= reads[read + 1]:
                late += 1
            far.append(at - reads[read])
        far.sort()
        part = lambda share: far[min(len(far) - 1, int(len(far) * share))] / 1000
        within = sum(1 for one in far if 0 <= one <= 20_000) / len(far)
        print(f"{len(far)} messages in {len(set(of_trade.values()))} reads: receive time after the read's end, us: median "
              f"{part(0.5):.2f}, p99 {part(0.99):.2f}, p99.9 {part(0.999):.2f}, most {far[-1] / 1000:.2f}; within 20 us "
              f"{within:.4%}; before it {early}, after the next read {late}, not found in one read {lost}")


if __name__ == "__main__":
    main()
