"""ccxt for the scripts that run it: from DELEVER_NODE_MODULES, from examples/bots/node_modules, or from npm into a folder of its own."""
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def put_into(folder):
    """node_modules with ccxt in `folder`, which nothing of the clone is; else why there is none."""
    if not shutil.which("node"):
        return "node is not there"
    for place in (os.environ.get("DELEVER_NODE_MODULES"), ROOT / "examples/bots/node_modules"):
        if place and (Path(place) / "ccxt/package.json").exists():
            (folder / "node_modules").symlink_to(Path(place).resolve())
            return None
    if not shutil.which("npm"):
        return "npm is not there"
    shutil.copy(ROOT / "examples/bots/package.json", folder)
    got = subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, timeout=240)
    return None if got.returncode == 0 else "ccxt could not be installed from npm"
