#!/usr/bin/env python3
"""Records what the real `ansible-inventory --list` and `ansible --list-hosts` make of the cases beside this file.

    record.py BIN FILE...      BIN: the bin directory of an ansible-core; FILE: some .txt beside this script

A case begins with `=== name`, optionally ` | arguments` (default: `-i` and the first file). `>>> path` begins a file
of it (default: hosts.ini), `>>>x path` an executable one. A line `! arguments` asks for
the text that ansible-inventory prints; `? pattern` or `? pattern ?? limit` after `=== name`
asks for the hosts of a pattern. The outcome goes to FILE with the ending .json.
"""
import concurrent.futures, json, os, pathlib, shlex, subprocess, sys, tempfile


def cases(path):
    case = None
    for line in path.read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            name, _, args = line[4:].strip().partition(" | ")
            case = {"name": name, "args": args, "files": {}, "patterns": [], "mode": {}}
            current = "hosts.ini"
            yield case
        elif case is None:
            continue
        elif line.startswith(">>>"):
            mode, _, current = line[3:].strip("\n").partition(" ")
            case["files"][current] = ""
            case["mode"][current] = mode
        elif line.startswith("! "):
            case.setdefault("commands", []).append(line[2:].strip("\n"))
        elif line.startswith("? "):
            case["patterns"].append(line[2:].strip("\n"))
        else:
            case["files"][current] = case["files"].get(current, "") + line


def run(bin_dir, case):
    with tempfile.TemporaryDirectory() as tmp:
        tmp = os.path.realpath(tmp)
        case["files"] = case["files"] or {"hosts.ini": ""}
        root = pathlib.Path(tmp) / "case"
        root.mkdir()
        for name, text in case["files"].items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            if case["mode"].get(name) == "x":
                file.chmod(0o755)
        env = {"PATH": f"{bin_dir}:/usr/bin:/bin", "HOME": tmp, "LC_ALL": "C.UTF-8", "COLUMNS": "100000",
               "ANSIBLE_CONFIG": "/nonexistent.cfg", "ANSIBLE_NOCOLOR": "1"}
        args = shlex.split(case["args"]) or ["-i", next(iter(case["files"]))]

        def call(*command):
            done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
            err = [l for l in done.stderr.replace(str(root), "ROOT").splitlines() if l.strip()]
            return done, err

        if case["patterns"]:
            out = {}
            for entry in case["patterns"]:
                pattern, _, limit = entry.partition(" ?? ")
                done, err = call("ansible", *args, "--list-hosts", *(["--limit", limit] if limit else []), "--", pattern)
                hosts = [l.strip() for l in done.stdout.splitlines()[1:]] if done.returncode == 0 else None
                out[entry] = {"hosts": hosts, "err": err}
            return out
        if "commands" in case:
            out = {}
            for command in case["commands"]:
                done, err = call("ansible-inventory", *args, *shlex.split(command))
                out[command] = {"rc": done.returncode, "out": done.stdout.replace(str(root), "ROOT"), "err": err}
            return out
        done, err = call("ansible-inventory", *args, "--list")
        out = {"rc": done.returncode, "err": err}
        if done.returncode == 0:
            out["list"] = json.loads(done.stdout.replace(str(root), "ROOT"))
        return out


def main():
    bin_dir = sys.argv[1]
    for file in map(pathlib.Path, sys.argv[2:]):
        all_cases = list(cases(file))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda c: run(bin_dir, c), all_cases))
        record = {c["name"]: o for c, o in zip(all_cases, outcomes)}
        file.with_suffix(".json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


main()
