#!/usr/bin/env python3
"""Installs delever somewhere and runs the manual's own examples there, in an empty folder, without the source tree.

    tools/install_test.py BUILD           cmake --install of a build that has the targets delever and pages
    tools/install_test.py A.deb [B.deb]   the packages, unpacked;  --bare: in a bare Debian root (debootstrap, as root);
                                          --bare=ROOT: in a copy of one that is there

Examples, completion, manual, DELEVER_HOME, a page that is served, and with python3-delever five lines to a chart. The tree is hidden by an empty mount where that is allowed (as root); otherwise what --version says of its files decides."""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"record": "needs a venue", "twin": "plays for minutes", "demo": "runs for minutes",
            "serve": "runs until it is ended", "rehearsal": "runs until it is ended", "tape push": "needs a server"}
SAYS = {"levels": 4}  # its example shows a tape that says too little


def call(*words, **more):
    return subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def must(*words, **more):
    done = call(*words, **more)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(str(w) for w in words)}: exit {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def can_hide(folder):
    return os.geteuid() == 0 and call("unshare", "-m", "mount", "--bind", folder, ROOT).returncode == 0


class Unpacked:
    """Below a folder of its own."""

    def __init__(self, folder, given):
        self.folder, self.prefix = folder, folder / "root/usr"
        if given[0].endswith(".deb"):
            for deb in given:
                must("dpkg-deb", "-x", deb, folder / "root")
        else:
            must("cmake", "--install", given[0], "--prefix", self.prefix, "--component", "delever")
        (folder / "empty").mkdir()
        self.hidden = can_hide(folder / "empty")
        self.files = str(self.prefix / "share/delever")
        self.here = folder / "here"
        self.here.mkdir()

    def words(self, line):
        program = shlex.quote(str(self.prefix / "bin/delever"))
        line = re.sub(r"^(exec |[A-Z_]+=\S+ )?delever\b", lambda m: (m.group(1) or "") + program, line)
        hide = f"mount --bind {self.folder}/empty {ROOT} && " if self.hidden else ""
        return [*(["unshare", "-m"] if self.hidden else []), "sh", "-c", f"{hide}cd {self.here} && {line}"]


class Bare:
    """A Debian that has nothing but its base, and what the packages ask for."""

    def __init__(self, folder, given, made):
        self.root, self.prefix, self.hidden = folder / "root", folder / "root/usr", True
        if made:
            must("cp", "-a", made, self.root)
        else:
            must("debootstrap", "--variant=minbase", "bookworm", self.root, os.environ.get("MIRROR", "http://deb.debian.org/debian"))
        must("cp", *given, self.root / "tmp")
        for line in ("apt-get -q update", "apt-get -q install -y --no-install-recommends " +
                     " ".join(f"/tmp/{Path(deb).name}" for deb in given)):
            must("unshare", f"--mount-proc={self.root}/proc", "chroot", self.root, "sh", "-c", line)
        self.files, self.here = "/usr/share/delever", self.root / "tmp/here"
        self.here.mkdir()

    def words(self, line):
        return ["unshare", f"--mount-proc={self.root}/proc", "chroot", str(self.root), "sh", "-c", f"cd /tmp/here && {line}"]


def examples(prefix):
    manual = must("gzip", "-dc", prefix / "share/man/man1/delever.1.gz")
    return [line.replace("\\-", "-") for line in re.findall(r"^\.EX\n(.*)\n\.EE", manual, re.M)]


FIVE_LINES = """import delever
tape = delever.open("samples/day.tape")
readings = tape.gauges("BTC", since="2026-01-05", step="1h")
chart = delever.chart(readings, "price_usd")
chart.save("price.svg")"""


def served(installed):
    """The page, the API and its description, from a server that was installed."""
    server = subprocess.Popen(installed.words("exec delever serve --tape samples/day.tape --listen 127.0.0.1:0 --ready-file url"),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ready, end = installed.here / "url", time.monotonic() + 60
        while not ready.exists() or not ready.read_text().strip():
            if server.poll() is not None or time.monotonic() > end:
                return "does not begin"
            time.sleep(0.1)
        url, ask = ready.read_text().strip().rstrip("/"), lambda path: urllib.request.urlopen(path, timeout=120).read().decode()
        if "openapi" not in json.loads(ask(url + "/api/v1/openapi.json")):
            return "has no description of its API"
        if "price_usd" not in json.loads(ask(url + "/api/v1/readings"))["readings"]:
            return "has no readings"
        has_page = (installed.prefix / "share/delever/web/dist/index.html").exists()
        if ("/assets/" in ask(url + "/")) != has_page:
            return "does not hand out the page"
        print(f"serve: answers{', with its page' if has_page else '; the page was not built'}")
    finally:
        server.terminate()
        server.wait()
    return ""


def others(installed):
    """What is wrong with what is no example: (what, why)."""
    run = lambda line: call(*installed.words(line))
    manual = must("gzip", "-dc", installed.prefix / "share/man/man1/delever.1.gz")
    if ".SH NAME" not in manual:
        yield "manual", manual[:200]
    completion = f"{'/usr' if isinstance(installed, Bare) else installed.prefix}/share/bash-completion/completions/delever"
    done = run(f"bash -c 'source {completion} && COMP_WORDS=(delever ta) COMP_CWORD=1 && $(complete -p delever | "
               "sed \"s/.*-F \\([^ ]*\\).*/\\1/\") delever ta delever && echo ${COMPREPLY[@]}'")
    if "tape" not in done.stdout.split():
        yield "completion", done.stdout
    unit = (installed.prefix / "lib/systemd/system/delever-record@.service").read_text()
    if f"ExecStart={'/usr' if '.deb' in str(installed.given) else installed.prefix}/bin/delever " not in unit:
        yield "unit", unit
    (installed.here / "home/rules").mkdir(parents=True)
    done = run("DELEVER_HOME=home delever explain oi_coins")
    if done.returncode == 0 or "home" not in run("DELEVER_HOME=home delever --version").stdout:
        yield "DELEVER_HOME", done.stdout
    if why := served(installed):
        yield "serve", why
    if (installed.prefix / "lib/python3/dist-packages/delever").exists():
        at = "" if isinstance(installed, Bare) else f"PYTHONPATH={installed.prefix}/lib/python3/dist-packages "
        done = run(f"{at}/usr/bin/python3 -c {shlex.quote(FIVE_LINES)}")
        if done.returncode != 0 or not (installed.here / "price.svg").read_text().startswith("<svg"):
            yield "python", done.stdout[-800:]
        else:
            print("python: five lines to a chart")


def main(given):
    bare = [word.partition("=")[2] for word in given if word.startswith("--bare")]
    given = [word for word in given if not word.startswith("--bare")]
    with tempfile.TemporaryDirectory(prefix="delever-") as name:
        folder, failed, ran = Path(name), 0, 0
        installed = Bare(folder, given, *bare) if bare else Unpacked(folder, given)
        installed.given = given
        version = call(*installed.words("delever --version")).stdout
        print(version.strip(), f"\nsource tree hidden: {'yes' if installed.hidden else 'no'}")
        if f"files {installed.files}\n" not in version:
            sys.exit(f"--version does not name {installed.files}")
        for line in examples(installed.prefix):
            if line.split()[1] in LEFT_OUT or " ".join(line.split()[1:3]) in LEFT_OUT:
                continue
            done, ran = call(*installed.words(line)), ran + 1
            if done.returncode != SAYS.get(line.split()[1], 0):
                failed += 1
                print(f"exit {done.returncode}: {line}\n{done.stdout[-800:]}")
        for what, why in others(installed):
            failed += 1
            print(f"{what}: {why}")
        print(f"{ran} examples, {failed} failed")
        return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
