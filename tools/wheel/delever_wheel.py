"""Builds the Python package for pip (PEP 517) with CMake, and nothing else.

The wheel holds the package and, in delever/share/delever, the files that come with the program (cmake/shipped.txt).
Debian's own Python (of a venv as well) shares build/package with `make python` and `make deb`; another has a folder of its own."""
import base64
import hashlib
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "delever"


def version():
    return re.search(r"project\(delever VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


def built():
    """The folder of the built package."""
    if Path(sys.executable).resolve() == Path("/usr/bin/python3").resolve():
        folder, chosen = ROOT / "build/package", []
    else:
        folder, chosen = ROOT / "build" / f"wheel-{sysconfig.get_config_var('SOABI')}", [f"-DPython3_EXECUTABLE={sys.executable}"]
    subprocess.run(["cmake", "--preset", "package", "-B", str(folder), *chosen], cwd=ROOT, check=True)
    subprocess.run(["cmake", "--build", str(folder), "--target", "python_module"], check=True)
    return folder / "python" / NAME


def shipped():
    for line in (ROOT / "cmake/shipped.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            path = ROOT / line
            yield from (p for p in sorted(path.rglob("*")) if p.is_file()) if path.is_dir() else [path]


def metadata():
    return (f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version()}\n"
            "Summary: how much leverage the crypto derivatives market still carries\nLicense: Apache-2.0\n"
            "Requires-Python: >=3.10\nRequires-Dist: numpy\nRequires-Dist: pandas\n")


def tag():
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"{python}-{python}-{re.sub(r'[-.]', '_', sysconfig.get_platform())}"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    package, record = built(), []
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    info = f"{NAME}-{version()}.dist-info"
    name = f"{NAME}-{version()}-{tag()}.whl"
    with zipfile.ZipFile(Path(wheel_directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        def put(path, data):
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}")
            wheel.writestr(path, data)

        for file in sorted(package.iterdir()):
            if file.suffix in (".py", ".pyi", ".typed") or file.name == "py.typed" or file.name.endswith(suffix):
                put(f"{NAME}/{file.name}", file.read_bytes())
        for file in shipped():
            put(f"{NAME}/share/delever/{file.relative_to(ROOT)}", file.read_bytes())
        put(f"{info}/METADATA", metadata().encode())
        put(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: delever\nRoot-Is-Purelib: false\nTag: {tag()}\n".encode())
        record.append(f"{info}/RECORD,,")
        wheel.writestr(f"{info}/RECORD", "\n".join(record) + "\n")
    return name


def get_requires_for_build_wheel(config_settings=None):
    return []
