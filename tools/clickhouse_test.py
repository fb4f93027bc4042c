#!/usr/bin/env python3
"""`delever tape push` into Debian's clickhouse-server, asked back in SQL and held against `tape info` and `tape cat`.

    tools/clickhouse_test.py build/package/delever             exit 1 where they differ; 77: clickhouse-server is not installed
    tools/clickhouse_test.py build/package/delever F.tape      how fast, on this tape as well"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = """<yandex><logger><level>error</level><errorlog>{0}/error.log</errorlog><log>{0}/log</log></logger><http_port>{1}</http_port>
<tcp_port>{2}</tcp_port><listen_host>127.0.0.1</listen_host><path>{0}/data/</path><tmp_path>{0}/tmp/</tmp_path>
<users_config>{0}/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>104857600</mark_cache_size></yandex>"""
USERS = """<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password>secret</password>
<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>"""
wrong = []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def expect(what, got, wanted):
    print(f"{'ok   ' if got == wanted else 'WRONG'} {what}: {got}" + ("" if got == wanted else f", not {wanted}"))
    if got != wanted:
        wrong.append(what)


class Server:
    def __init__(self, folder):
        self.port = free_port()
        (folder / "config.xml").write_text(CONFIG.format(folder, self.port, free_port()))
        (folder / "users.xml").write_text(USERS)
        self.process = subprocess.Popen(["clickhouse-server", f"--config-file={folder}/config.xml"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, cwd=folder)
        end = time.monotonic() + 120
        while True:
            try:
                return self.ask("SELECT 1") and None
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.process.kill()
                    log = folder / "error.log"
                    sys.exit("clickhouse-server does not begin\n" + (log.read_text()[-2000:] if log.exists() else ""))
                time.sleep(0.2)

    def ask(self, query):
        url = f"http://127.0.0.1:{self.port}/?user=default&password=secret&query=" + urllib.parse.quote(query)
        with urllib.request.urlopen(url, data=b"", timeout=60) as answer:
            return answer.read().decode().strip()

    def url(self, password="secret", database="markets"):
        return f"http://default:{password}@127.0.0.1:{self.port}/{database}"

    def processor_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def push(program, server, *words, **more):
    done = subprocess.run([program, "tape", "push", *words, "--clickhouse", server.url(**more), "--format", "json"],
                          capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else (done.returncode, done.stderr)


def sums(report):
    return sum(t["rows"] for t in report["tables"]), sum(t["sent"] for t in report["tables"])


def check(program, server, folder):
    tape = str(ROOT / "samples/day.tape")
    info = json.loads(subprocess.run([program, "tape", "info", "--format", "json", tape], capture_output=True, text=True).stdout)
    seen = {}
    for row in info["coverage"]:
        seen[row["kind"]] = seen.get(row["kind"], 0) + row["events"]
    first = push(program, server, tape)
    if isinstance(first, tuple):
        sys.exit(f"the first push: {first}")
    for kind, events in sorted(seen.items()):
        if not kind.startswith("book"):
            expect(f"rows of {kind}", int(server.ask(f"SELECT count() FROM markets.{kind}")), events)
    expect("messages", first["messages"], info["messages"])
    expect("nothing was there", sums(first)[0] == sums(first)[1] > 0, True)
    expect("pushed again, nothing is sent", sums(push(program, server, tape)), (sums(first)[0], 0))

    lines = subprocess.run([program, "tape", "cat", "--events", tape], capture_output=True, text=True).stdout.splitlines()
    trades = [e for e in map(json.loads, lines) if e["event"] == "trade"]
    expect("sum of price times qty", round(float(server.ask("SELECT sum(price * qty) FROM markets.trade")), 2),
           round(sum(float(t["price"]) * float(t["qty"]) for t in trades), 2))
    expect("sum of exact prices", int(server.ask("SELECT sum(intDiv(price_exact, 1000000)) FROM markets.trade")),
           sum(int(round(float(t["price"]) * 1e4)) for t in trades))
    expect("instruments", int(server.ask("SELECT uniqExact(instrument) FROM markets.trade")),
           len({(t["venue"], t["instrument"]) for t in trades}))

    # Cut off: what a killed push leaves is whole batches; here the trades of the first hours are gone.
    server.ask("TRUNCATE TABLE markets.quote")
    expect("what is missing is sent", sums(push(program, server, tape))[1], seen["quote"])

    # A tape that grows: a part of the day, then the rest onto the same tape.
    trades_csv, part, grown = folder / "trades.csv", folder / "part.csv", str(folder / "grown.tape")
    import gzip
    text = gzip.open(ROOT / "samples/trades.csv.gz", "rt").read().splitlines(True)
    part.write_text("".join(text[:400]))
    trades_csv.write_text(text[0] + "".join(text[400:]))
    importing = [program, "import", "csv", "--map", str(ROOT / "maps/tardis-trades.toml"), "--out", grown]
    subprocess.run([*importing, str(part)], check=True, stdout=subprocess.DEVNULL)
    before = int(server.ask("SELECT count() FROM markets.trade"))
    one = push(program, server, grown)
    subprocess.run([*importing, str(trades_csv)], check=True, stdout=subprocess.DEVNULL)
    two = push(program, server, grown)
    expect("a tape that grew adds its new rows", sums(two)[1], sums(two)[0] - sums(one)[0])
    expect("and no others", int(server.ask("SELECT count() FROM markets.trade")) - before, sums(two)[0])

    refused = push(program, server, tape, password="wrong")
    expect("a wrong password is refused", isinstance(refused, tuple) and refused[0] == 3 and "wrong" not in refused[1], True)
    server.ask("DROP TABLE markets.mark_price")
    server.ask("CREATE TABLE markets.mark_price (a UInt8) ENGINE = Log")
    refused = push(program, server, tape)
    expect("a table of somebody else is refused", isinstance(refused, tuple) and "has no column tape" in refused[1], True)


def measure(program, server, tape):
    """Into a database of its own: the checks count what is in theirs. Whose processor time it took says who is the limit."""
    own, others = os.times(), server.processor_seconds()
    report = push(program, server, tape, database="speed")
    if isinstance(report, tuple):
        sys.exit(f"{tape}: {report}")
    after = os.times()
    rows = sums(report)[1]
    mine = after.children_user + after.children_system - own.children_user - own.children_system
    its = server.processor_seconds() - others
    print(f"{tape}: {rows} rows in {report['seconds']:.1f} s, {rows / report['seconds'] / 1e6:.2f} M rows/s; "
          f"processor seconds: delever {mine:.1f} ({rows / mine / 1e6:.2f} M rows/s), the server {its:.1f} ({rows / its / 1e6:.2f} M rows/s)")
    again = push(program, server, tape, database="speed")
    expect(f"{tape} again, nothing is sent", sums(again), (rows, 0))
    print(f"{tape} again: {again['seconds']:.1f} s")


def main(program, tapes):
    if not shutil.which("clickhouse-server"):
        print("skipped: clickhouse: no clickhouse-server (apt-get install clickhouse-server)")
        return 77
    with tempfile.TemporaryDirectory(prefix="delever-") as name:
        server = Server(Path(name))
        try:
            for tape in tapes:
                measure(program, server, tape)
            check(program, server, Path(name))
        finally:
            server.process.terminate()
            server.process.wait()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.argv[1]).resolve()), sys.argv[2:]))
