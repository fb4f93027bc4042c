#!/usr/bin/env python3
"""Installs delever somewhere and runs the manual's own examples there, in an empty folder, without the source tree.

    tools/install_test.py BUILD           cmake --install of a build that has the targets delever and pages
    tools/install_test.py A.deb [B.deb]   the packages, unpacked;  --bare: in a bare Debian root (debootstrap, as root)

The tree is hidden by an empty mount where that is allowed (as root); otherwise what --version says of its files decides."""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {"record": "needs a venue", "twin": "plays for minutes", "demo": "runs for minutes",
            "serve": "runs until it is ended"}
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

    def run(self, line, where):
        line = re.sub(r"^delever\b", shlex.quote(str(self.prefix / "bin/delever")), line)
        if self.hidden:
            line = f"mount --bind {self.folder}/empty {ROOT} && cd {where} && {line}"
            return call("unshare", "-m", "sh", "-c", line)
        return call("sh", "-c", line, cwd=where)


class Bare:
    """A Debian that has nothing but its base, and what the packages ask for."""

    def __init__(self, folder, given):
        self.root, self.prefix, self.hidden = folder / "root", folder / "root/usr", True
        mirror = os.environ.get("MIRROR", "http://deb.debian.org/debian")
        must("debootstrap", "--variant=minbase", "bookworm", self.root, mirror)
        for deb in given:
            must("cp", deb, self.root / "tmp")
        names = [f"/tmp/{Path(deb).name}" for deb in given]
        for name in ("etc/apt/sources.list", "etc/apt/apt.conf.d/90here"):
            if "MIRROR" in os.environ and Path("/", name).exists():
                must("cp", f"/{name}", self.root / name)
        must("chroot", self.root, "apt-get", "-q", "update")
        must("chroot", self.root, "apt-get", "-q", "install", "-y", "--no-install-recommends", *names)
        self.files = "/usr/share/delever"

    def run(self, line, where):
        (self.root / "tmp/here").mkdir(exist_ok=True)
        return call("chroot", self.root, "sh", "-c", f"cd /tmp/here && {line}")


def examples(prefix):
    manual = must("gzip", "-dc", prefix / "share/man/man1/delever.1.gz")
    return [line.replace("\\-", "-") for line in re.findall(r"^\.EX\n(.*)\n\.EE", manual, re.M)]


def main(given):
    bare = "--bare" in given
    given = [word for word in given if word != "--bare"]
    with tempfile.TemporaryDirectory(prefix="delever-") as name:
        folder, failed, ran = Path(name), 0, 0
        (folder / "here").mkdir()
        installed = (Bare if bare else Unpacked)(folder, given)
        version = installed.run("delever --version", folder / "here").stdout
        print(version.strip(), f"\nsource tree hidden: {'yes' if installed.hidden else 'no'}")
        if f"files {installed.files}\n" not in version:
            sys.exit(f"--version does not name {installed.files}")
        for line in examples(installed.prefix):
            if line.split()[1] in LEFT_OUT:
                continue
            done, ran = installed.run(line, folder / "here"), ran + 1
            if done.returncode != SAYS.get(line.split()[1], 0):
                failed += 1
                print(f"exit {done.returncode}: {line}\n{done.stdout[-800:]}")
        if (Path(installed.prefix) / "lib/python3/dist-packages/delever").exists() and bare:
            done = installed.run("python3 -c 'import delever; print(delever.open(\"samples/day.tape\").trades())'", folder)
            failed += done.returncode != 0
            print(done.stdout)
        print(f"{ran} examples, {failed} failed")
        return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
