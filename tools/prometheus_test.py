#!/usr/bin/env python3
"""Debian's prometheus scrapes `delever serve`, and what it answers is what the API says; promtool reads the alert rules.

    tools/prometheus_test.py build/dev/delever      exit 1 where they differ; 77: prometheus is not installed"""
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
SKIPPED = 77


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if (found := what()) is not None:
                return found
        except OSError:
            pass
        time.sleep(0.3)
    raise SystemExit("waited too long")


def compare(url, prometheus):
    """Every reading of the coin itself: in prometheus as in the API; pending ones have a state and no value."""
    readings = [r for value in get(f"{url}/api/v1/readings")["readings"].values() for r in (value if isinstance(value, list) else [value])]
    ask = lambda q: get(f"{prometheus}/api/v1/query?query={urllib.parse.quote(q)}")["data"]["result"]
    wait(lambda: ask("delever_reading_state") or None)
    key = lambda labels: (labels["name"], labels.get("venue", ""), labels.get("expiry", ""))
    values = {key(r["metric"]): float(r["value"][1]) for r in ask("delever_reading")}
    states = {key(r["metric"]): r["metric"]["state"] for r in ask("delever_reading_state == 1")}
    wrong = 0
    for r in readings:
        k = (r["name"], r.get("venue", ""), r.get("expiry", ""))
        if states.get(k) != r["state"] or values.get(k) != r["value"]:
            print(f"{k}: {values.get(k)} {states.get(k)}, the API says {r['value']} {r['state']}")
            wrong += 1
    print(f"{len(readings)} readings scraped and queried back, {wrong} wrong")
    return wrong == 0 and len(readings) > 20


def main(program):
    for tool in ("prometheus", "promtool"):
        if not shutil.which(tool):
            print(f"skipped: prometheus: no {tool} (apt-get install prometheus)")
            return SKIPPED
    checked = subprocess.run(["promtool", "check", "rules", str(ROOT / "docs/prometheus/alerts.yml")])
    json.loads((ROOT / "docs/grafana/delever.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        ready, port = Path(folder) / "url", free_port()
        children = [subprocess.Popen([program, "serve", "--tape", str(ROOT / "samples/day.tape"), "--listen", "127.0.0.1:0",
                                      "--ready-file", str(ready)], stderr=subprocess.DEVNULL)]
        try:
            url = wait(lambda: ready.read_text().strip() or None if ready.exists() else None)
            get(f"{url}/api/v1/readings")
            config = Path(folder) / "prometheus.yml"
            config.write_text("global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: delever\n    static_configs: "
                              f"[{{targets: [\"{url.split('//')[1]}\"]}}]\n")
            children.append(subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                                              f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL))
            prometheus = f"http://127.0.0.1:{port}"
            wait(lambda: get(f"{prometheus}/api/v1/status/runtimeinfo"))
            good = compare(url, prometheus)
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()
    return 0 if good and checked.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
