#!/usr/bin/env python3
"""Records what the original adept.py makes of each case.

    PYTHON2=... ORIGINAL=.../adept.py tests/xn/record.py [CASE...]

PYTHON2 is a Python 2.7 with PyYAML < 5.5. A case is a folder with `transition.xn` and, where it needs more than the
defaults, `case.yml` (context, optional, env, files). `expected.yml` is what this writes; `case.yml` may say `fixed`,
which is what we do where the original crashes.
"""
import os, re, shutil, socket, subprocess, sys, tempfile
from pathlib import Path
import yaml

HERE = Path(__file__).parent
FAKE = r"""#!/bin/sh
echo "args:"; for a in "$@"; do echo "  $a"; done
echo "cwd: $PWD"
echo "env:"; env | grep -v -e '^PWD=' -e '^OLDPWD=' -e '^_=' -e '^SHLVL=' | LC_ALL=C sort | sed 's/^/  /'
echo "to stderr" >&2
code=$(echo "$a" | sed 's/.*[^0-9]\([0-9]*\)\.yml$/\1/'); exit ${code:-0}
"""


class Text(yaml.SafeDumper):
    pass


def literal(dumper, text):
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Text.add_representer(str, literal)


def mask(text, root, adept):
    text = text.replace(str(root), "<ROOT>").replace(str(adept), "<ADEPT>").replace(os.path.realpath("/bin/sh"), "<SH>")
    host = re.escape(socket.gethostname().split(".")[0])
    text = re.sub(r"(?m)^(\x1b\[1;31m)?%s (\x1b\[1;32m)?#+" % host, r"\1<HOST> \2##", text)
    text = re.sub(r"HOSTNAME=%s\b" % host, "HOSTNAME=<HOST>", text)
    return re.sub(r"<open file '([^']*)', mode 'wb' at 0x[0-9a-f]+>", r"\1", text)


def sort_banners(text):
    """The lines of a banner come in the order of a Python 2 dict."""
    line = r"(?:    (?:\x1b\[1;94m)?[\w ]+(?:\x1b\[0;39m)? = '(?:(?!\n    (?:\x1b\[1;94m)?[\w ]+(?:\x1b\[0;39m)? = '|'\n\n).|\n)*?'\n)"
    part = re.compile(line)
    return re.sub(r"%s{2,}" % line, lambda m: "".join(sorted(part.findall(m.group(0)))), text)


def record(case, original, python):
    spec = yaml.safe_load((case / "case.yml").read_text()) if (case / "case.yml").exists() else {}
    root = Path(tempfile.mkdtemp()).resolve()
    (root / "ws").mkdir()
    (root / "bin").mkdir()
    (root / "bin/ansible-playbook").write_text(FAKE)
    (root / "bin/ansible-playbook").chmod(0o755)
    shutil.copy(case / "transition.xn", root / "transition.xn")
    for name, content in spec.get("files", {}).items():
        path = root / "ws" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        if content.startswith("#!"):
            path.chmod(0o755)
    adept = Path(original).resolve().parent
    env = {"PATH": f"{root}/bin:/usr/bin:/bin", "HOME": "/home/user", "USER": "user", "TERM": "dumb"}
    env.update({k: v.replace("<ROOT>", str(root)) for k, v in spec.get("env", {}).items()})
    args = [a.replace("<ROOT>", str(root)) for a in spec.get("args", [])]
    args = args or [spec.get("context", "setup"), "ws", "transition.xn", *spec.get("optional", [])]
    done = subprocess.run([python, original, *args], cwd=root, env=env, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL if "stdin" not in spec else None, input=spec.get("stdin"))
    stderr, crashed = done.stderr, None
    trace = re.search(r"Traceback \(most recent call last\):\n(?:  .*\n)+((?:.|\n)*)", stderr)
    if trace:
        kind, _, message = trace.group(1).partition(": ")
        if kind not in ("ValueError", "RuntimeError"):
            crashed, message = trace.group(1).strip(), ""
        stderr = stderr[: trace.start()] + message.rstrip("\n") + ("\n" if message else "")
    files = {str(p.relative_to(root / "ws")): p.read_text() for p in sorted((root / "ws").rglob("*")) if p.is_file()}
    result = {"rc": done.returncode, "stdout": mask(done.stdout, root, adept)}
    result["stderr"] = sort_banners(mask(stderr, root, adept))
    result["files"] = {k: mask(v, root, adept) for k, v in files.items()}
    if crashed:
        result["crashed"] = mask(crashed.splitlines()[-1], root, adept)
        if "fixed" not in spec:
            print(f"{case.name}: the original crashes: {crashed.splitlines()[-1]}")
    shutil.rmtree(root)
    text = "# Recorded by record.py from adept.py of cevich/ADEPT under Python 2.7.18.\n"
    (case / "expected.yml").write_text(text + yaml.dump(result, Dumper=Text, sort_keys=False, width=1000, allow_unicode=True))


def main():
    cases = [HERE / name for name in sys.argv[1:]] or sorted(p.parent for p in HERE.glob("*/transition.xn"))
    for case in cases:
        record(case, os.environ["ORIGINAL"], os.environ["PYTHON2"])


main()
