#!/usr/bin/env python3
"""Executes a notebook's cells in one namespace, as Jupyter does, without Jupyter.

    tools/notebook.py docs/notebooks/day.ipynb            exit 1 where a cell fails or prints something else than is kept
    tools/notebook.py docs/notebooks/day.ipynb --write    keeps what is printed

Kept are what a cell prints and its last expression, as text, and as a picture where it has one."""
import ast
import contextlib
import io
import json
import sys


def execute(code, names):
    """(what was printed, the last expression's value)."""
    tree, last = ast.parse(code), None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(last, "cell", "eval"), names) if last else None
    return printed.getvalue(), value


def outputs(printed, value, count):
    out = []
    if printed:
        out.append({"output_type": "stream", "name": "stdout", "text": printed.splitlines(True)})
    if value is not None:
        data = {"text/plain": repr(value).splitlines(True)}
        if hasattr(value, "_repr_svg_"):
            data = {"image/svg+xml": value._repr_svg_().splitlines(True), "text/plain": ["<Chart>"]}
        out.append({"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data})
    return out


def run(path, write=False):
    """Failures as texts; none: every cell ran and said what it says in the file."""
    with open(path, encoding="utf-8") as file:
        notebook = json.load(file)
    names, failures, count = {"__name__": "__main__"}, [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        count += 1
        try:
            made = outputs(*execute("".join(cell["source"]), names), count)
        except Exception as error:  # noqa: BLE001: a cell may raise anything
            failures.append(f"{path}: cell {count}: {type(error).__name__}: {error}")
            break
        if not write and made != cell["outputs"]:
            failures.append(f"{path}: cell {count} prints\n{json.dumps(made, indent=1)[:1500]}")
        cell["outputs"], cell["execution_count"] = made, count
    if write and not failures:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(notebook, file, indent=1, ensure_ascii=False)
            file.write("\n")
    return failures


if __name__ == "__main__":
    wrong = [failure for path in sys.argv[1:] if path != "--write" for failure in run(path, "--write" in sys.argv)]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)
