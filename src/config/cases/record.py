#!/usr/bin/env python3
"""Records what the real `ansible-config dump --only-changed` makes of the cases beside this file: record.py BIN FILE.txt

A case is `=== name`, then lines `$ NAME=value` of environment, then the text of ansible.cfg. HOME is HOME, the folder ROOT.
"""
import concurrent.futures, json, os, pathlib, subprocess, sys, tempfile


def cases(path):
    case = None
    for line in path.read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            case = {"name": line[4:].strip(), "env": {}, "text": ""}
            yield case
        elif line.startswith("$ "):
            name, _, value = line[2:].rstrip("\n").partition("=")
            case["env"][name] = value
        else:
            case["text"] += line


def run(bin_dir, case):
    with tempfile.TemporaryDirectory() as tmp:
        root = pathlib.Path(os.path.realpath(tmp)) / "case"
        home = pathlib.Path(os.path.realpath(tmp)) / "home"
        root.mkdir(), home.mkdir()
        (root / "ansible.cfg").write_text(case["text"])
        env = {"PATH": f"{bin_dir}:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8", **case["env"]}

        def dump(kind):
            done = subprocess.run(["ansible-config", "dump", "--only-changed", "--format", "json", "-t", kind],
                                  cwd=root, env=env, capture_output=True, text=True)
            if done.returncode:
                return {"error": [l for l in done.stderr.replace(str(root), "ROOT").splitlines() if l.strip()][0]}
            values = json.loads(done.stdout.replace(str(root), "ROOT").replace(str(home), "HOME"))
            if kind == "connection":
                values = next(v for d in values for k, v in d.items() if k == "ssh") if values else []
            return {v["name"]: [v["value"], v["origin"]] for v in values
                    if "name" in v and v["origin"] != "default" and v["name"] != "CONFIG_FILE"}

        return {"base": dump("base"), "ssh": dump("connection")}


def main():
    for file in map(pathlib.Path, sys.argv[2:]):
        all_cases = list(cases(file))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda c: run(sys.argv[1], c), all_cases))
        record = {c["name"]: o for c, o in zip(all_cases, outcomes)}
        file.with_suffix(".json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


main()
